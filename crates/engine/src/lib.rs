//! Use cases: threads, cases, catalogue, identity, crm and sync; owns authorisation
