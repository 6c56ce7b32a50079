"""What the services need from the outside: a port stands in the file of the name that serves it."""
