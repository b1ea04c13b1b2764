//! The org itself, its users, profiles and record types.

use super::{
    crm::address,
    locale::{ENCODINGS, LANGUAGES, LOCALES, TIME_ZONES},
};
use crate::schema::{
    field::{Field, FieldKind, OnDelete},
    object::{Object, ObjectKind, audit_fields},
};

/// Users, profiles and record types are never soft-deleted, so they have no `IsDeleted`.
fn permanent(name: &str, label: &str, plural: &str, prefix: &str) -> Object {
    let mut object = Object::bare(name, label, plural, prefix, ObjectKind::Standard).with_all(audit_fields());
    object.deletable = false;
    object
}

pub(super) fn user() -> Object {
    permanent("User", "User", "Users", "005")
        .with_feed()
        .with(Field::text("Username", "Username", 80).required().finding())
        .with(Field::text("LastName", "Last Name", 80).required().part_of("Name"))
        .with(Field::text("FirstName", "First Name", 40).part_of("Name"))
        .with(Field::text("Name", "Full Name", 121).required().read_only().naming().part_of("Name"))
        .with(Field::text("CompanyName", "Company Name", 80))
        .with(Field::text("Department", "Department", 80))
        .with(Field::text("Title", "Title", 80))
        .with(Field { length: Some(128), ..Field::new("Email", "Email", FieldKind::Email) }.required())
        .with(Field::new("Phone", "Phone", FieldKind::Phone))
        .with(Field::new("MobilePhone", "Mobile", FieldKind::Phone))
        .with(Field::new("Fax", "Fax", FieldKind::Phone))
        .with(Field::text("Extension", "Extension", 40))
        .with(Field::text("Division", "Division", 80))
        .with(Field::text("EmployeeNumber", "Employee Number", 20))
        .with(Field::text("AboutMe", "About Me", 1_000))
        .with(Field::text("Signature", "Email Signature", 1_333))
        .with_all(address("", ""))
        .with(Field::text("Alias", "Alias", 8).required())
        .with(Field::text("CommunityNickname", "Nickname", 40).required().defaulted())
        .with(Field::boolean("IsActive", "Active").default_value(true))
        .with(Field::picklist("TimeZoneSidKey", "Time Zone", TIME_ZONES).required().restricted())
        .with(Field::picklist("LocaleSidKey", "Locale", LOCALES).required().restricted())
        .with(Field::picklist("EmailEncodingKey", "Email Encoding", ENCODINGS).required().restricted())
        .with(Field::picklist("LanguageLocaleKey", "Language", LANGUAGES).required().restricted())
        .with(Field::reference("ProfileId", "Profile ID", "Profile", &["Profile"]).required().children_as("Users"))
        .with(Field::reference("UserRoleId", "Role ID", "UserRole", &["UserRole"]).children_as("Users"))
        .with(
            Field::picklist(
                "UserType",
                "User Type",
                &["*Standard", "PowerPartner", "CustomerSuccess", "AutomatedProcess"],
            )
            .read_only()
            .restricted(),
        )
        .with(Field::reference("ManagerId", "Manager ID", "Manager", &["User"]))
        .with(Field::new("LastLoginDate", "Last Login", FieldKind::DateTime).read_only())
        .with(Field::new("LastPasswordChangeDate", "Last Password Change or Reset", FieldKind::DateTime).read_only())
        .with(Field::boolean("ReceivesInfoEmails", "Info Emails"))
        .with(Field::boolean("ReceivesAdminInfoEmails", "Admin Info Emails"))
        .with(Field::boolean("ForecastEnabled", "Allow Forecasting"))
        .with(Field::boolean("UserPermissionsMarketingUser", "Marketing User"))
        .with(Field::boolean("UserPermissionsSupportUser", "Service Cloud User"))
        .with(Field::boolean("UserPermissionsInteractionUser", "Flow User"))
        .with(Field::boolean("IsPortalEnabled", "Portal User").read_only())
        .with(Field::boolean("IsProfilePhotoActive", "Has Profile Photo").read_only())
        .with(Field::picklist("DigestFrequency", "Chatter Email Highlights Frequency", &["*D", "W", "N"]).restricted())
        .with(Field::reference("ContactId", "Contact ID", "Contact", &["Contact"]).create_only().children_as("Users"))
        .with(Field::reference("AccountId", "Account ID", "Account", &["Account"]).read_only().children_as("Users"))
        .with(Field::text("FederationIdentifier", "SAML Federation ID", 512))
        .with(Field::text("SmallPhotoUrl", "Url for Thumbnail sized Photo", 1_024).read_only())
        .with(Field::text("FullPhotoUrl", "Url for full-sized Photo", 1_024).read_only())
}

pub(super) fn profile() -> Object {
    permanent("Profile", "Profile", "Profiles", "00e")
        .with(Field::text("Name", "Name", 255).required().naming())
        .with(Field::text("Description", "Description", 255))
        .with(Field::picklist("UserType", "User Type", &["*Standard", "PowerPartner", "CustomerSuccess"]).read_only())
        .with(Field::reference("UserLicenseId", "User License ID", "UserLicense", &["UserLicense"]))
        .with(Field::boolean("PermissionsModifyAllData", "Modify All Data"))
        .with(Field::boolean("PermissionsViewAllData", "View All Data"))
        .with(Field::boolean("PermissionsApiEnabled", "API Enabled"))
        .read_only()
}

pub(super) fn user_role() -> Object {
    let mut object = permanent("UserRole", "Role", "Roles", "00E")
        .with(Field::text("Name", "Name", 80).required().naming())
        .with(Field::reference("ParentRoleId", "Parent Role ID", "ParentRole", &["UserRole"]))
        .with(Field::text("RollupDescription", "Description", 80))
        .with(Field::text("DeveloperName", "Developer Name", 80))
        .with(Field::picklist("PortalType", "Portal Type", &["*None", "CustomerPortal", "Partner"]).read_only());
    object.deletable = true;
    object
}

pub(super) fn user_license() -> Object {
    permanent("UserLicense", "User License", "User Licenses", "100")
        .with(Field::text("Name", "Name", 40).required().naming())
        .with(Field::text("MasterLabel", "Master Label", 40))
        .with(Field::text("LicenseDefinitionKey", "License Def. ID", 40))
        .with(Field::picklist("Status", "Status", &["*Active", "Disabled"]).restricted())
        .with(Field::new("TotalLicenses", "Total Licenses", FieldKind::Int))
        .with(Field::new("UsedLicenses", "Used Licenses", FieldKind::Int))
        .read_only()
}

/// Who may do what with records that are nobody's but their owner's.
fn access(name: &str, label: &str, values: &[&str]) -> Field {
    Field::picklist(name, label, values).restricted().read_only()
}

pub(super) fn organization() -> Object {
    permanent("Organization", "Organization", "Organizations", "00D")
        .with(Field::text("Name", "Name", 80).required().naming())
        .with(Field::text("Division", "Division", 80))
        .with_all(address("", ""))
        .with(Field::new("Phone", "Phone", FieldKind::Phone))
        .with(Field::new("Fax", "Fax", FieldKind::Phone))
        .with(Field::text("PrimaryContact", "Primary Contact", 80))
        .with(Field::picklist("DefaultLocaleSidKey", "Locale", &["*en_US", "en_GB", "de_DE"]))
        .with(Field::new("FiscalYearStartMonth", "Fiscal Year Starts In", FieldKind::Int).default_value(1))
        .with(Field::text("NamespacePrefix", "Namespace Prefix", 15).read_only())
        .with(Field::boolean("IsReadOnly", "Is Read Only").read_only())
        .with(Field::picklist("LanguageLocaleKey", "Language", &["*en_US", "de"]))
        .with(Field::picklist("TimeZoneSidKey", "Time Zone", &["*GMT", "America/New_York", "America/Los_Angeles"]))
        .with(Field::picklist("OrganizationType", "Edition", &["*Developer Edition", "Enterprise Edition"]).read_only())
        .with(Field::text("InstanceName", "Instance Name", 5).read_only())
        .with(Field::boolean("IsSandbox", "Is Sandbox").read_only())
        .with(Field::new("TrialExpirationDate", "Trial Expiration Date", FieldKind::DateTime).read_only())
        .with(access(
            "DefaultAccountAccess",
            "Default Account Access",
            &["None", "Read", "*Edit", "ControlledByLeadOrContact"],
        ))
        .with(access(
            "DefaultContactAccess",
            "Default Contact Access",
            &["None", "Read", "Edit", "*ControlledByParent"],
        ))
        .with(access("DefaultOpportunityAccess", "Default Opportunity Access", &["None", "Read", "*Edit"]))
        .with(access("DefaultCaseAccess", "Default Case Access", &["None", "Read", "Edit", "*ReadEditTransfer"]))
        .with(access("DefaultPricebookAccess", "Default Price Book Access", &["None", "Read", "*ReadSelect"]))
        .with(Field::picklist("UiSkin", "UI Skin", &["Theme2", "*Theme3"]).restricted().read_only())
        .with(Field::picklist("SignupCountryIsoCode", "Signup Country", &["*US"]).read_only())
        .with(Field::boolean("UsesStartDateAsFiscalYearName", "Fiscal Year Name by Start"))
        .with(Field::boolean("ReceivesInfoEmails", "Info Emails"))
        .with(Field::boolean("ReceivesAdminInfoEmails", "Admin Info Emails"))
        .with(Field::boolean("PreferencesRequireOpportunityProducts", "Require Opportunity Products"))
        .with(Field::picklist("WebToCaseDefaultOrigin", "Web to Cases Default Origin", &["*Web"]))
        .with(Field::new("ComplianceBccEmail", "Compliance BCC Email", FieldKind::Email))
        .read_only()
}

pub(super) fn record_type() -> Object {
    permanent("RecordType", "Record Type", "Record Types", "012")
        .with(Field::text("Name", "Name", 80).required().naming())
        .with(Field::text("DeveloperName", "Record Type Name", 80).required())
        .with(Field::text("NamespacePrefix", "Namespace Prefix", 15).read_only())
        .with(Field::new("Description", "Description", FieldKind::TextArea))
        .with(Field::elsewhere("BusinessProcessId", "Business Process ID"))
        .with(Field::text("SobjectType", "SObject Type Name", 40).required().create_only())
        .with(Field::boolean("IsActive", "Active").default_value(true))
        .read_only()
}

/// What objects there are, told as records.
pub(super) fn entity_definition() -> Object {
    let mut object =
        Object::bare("EntityDefinition", "Entity Definition", "Entity Definitions", "4ie", ObjectKind::Standard)
            .with(Field::text("DurableId", "Durable ID", 255))
            .with(Field::text("QualifiedApiName", "Qualified API Name", 255).naming())
            .with(Field::text("DeveloperName", "Developer Name", 255))
            .with(Field::text("NamespacePrefix", "Namespace Prefix", 255))
            .with(Field::text("MasterLabel", "Master Label", 255))
            .with(Field::text("Label", "Label", 255))
            .with(Field::text("PluralLabel", "Plural Label", 255))
            .with(Field::text("KeyPrefix", "Key Prefix", 3))
            .with(Field::boolean("IsCustomizable", "Is Customizable"))
            .with(Field::boolean("IsCustomSetting", "Is Custom Setting"))
            .with(Field::boolean("IsFeedEnabled", "Is Feed Enabled"))
            .with(Field::boolean("IsQueryable", "Is Queryable"))
            .with(Field::boolean("IsSearchable", "Is Searchable"))
            .with(Field::boolean("IsTriggerable", "Is Triggerable"))
            .with(Field::boolean("IsDeprecatedAndHidden", "Is Deprecated and Hidden"))
            .with(Field::new("LastModifiedDate", "Last Modified Date", FieldKind::DateTime))
            .read_only();
    object.deletable = false;
    object
}

/// Deployed from the project; everybody here may do everything, so that it changes nothing.
pub(super) fn permission_set() -> Object {
    permanent("PermissionSet", "Permission Set", "Permission Sets", "0PS")
        .with(Field::text("Name", "Permission Set Name", 80).required().naming())
        .with(Field::text("Label", "Permission Set Label", 80).required())
        .with(Field::text("Description", "Description", 255))
        .with(Field::boolean("IsOwnedByProfile", "Is Owned By Profile").read_only())
        .with(Field::boolean("IsCustom", "Custom").read_only())
        .with(Field::boolean("HasActivationRequired", "Has Activation Required").read_only())
        .with(Field::text("NamespacePrefix", "Namespace Prefix", 15).read_only())
        .read_only()
}

pub(super) fn permission_set_assignment() -> Object {
    let to = |name: &str, label: &str, relationship: &str, target: &str| {
        Field::reference(name, label, relationship, &[target]).required().create_only().on_delete(OnDelete::Cascade)
    };
    Object::bare(
        "PermissionSetAssignment",
        "Permission Set Assignment",
        "Permission Set Assignments",
        "0Pa",
        ObjectKind::Standard,
    )
    .with(to("PermissionSetId", "PermissionSet ID", "PermissionSet", "PermissionSet").children_as("Assignments"))
    .with(to("AssigneeId", "Assignee ID", "Assignee", "User").children_as("PermissionSetAssignments"))
    .with(Field::new("SystemModstamp", "System Modstamp", FieldKind::DateTime).required().read_only().defaulted())
}
