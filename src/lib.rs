//! Casebridge: the web program.
