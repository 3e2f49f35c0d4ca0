"""Reading all records of a file once, into columns, and finding things in them."""
