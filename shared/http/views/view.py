"""An object of the contract, by the names of its members."""

View = dict[str, object]
