"""What there is, as the contract shows it. Members that have no value are left out."""
