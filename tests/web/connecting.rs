//! An admin connects the org through its consent page; comments arrive there.
