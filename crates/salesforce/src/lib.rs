//! A Salesforce client: OAuth, REST, SOQL, composite; knows nothing of portals
