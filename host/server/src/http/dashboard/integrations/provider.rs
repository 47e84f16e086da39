//! What the dashboard says about each identity provider, in the words of its console.
//!
//! Knows nothing of connections.

use maud::{Markup, html};

/// An identity provider.
pub(super) struct Provider {
    /// As the API has it.
    pub key: &'static str,
    /// As people call it.
    pub name: &'static str,
    /// The same within a sentence.
    pub called: &'static str,
    /// What it can do, in a sentence.
    pub about: &'static str,
    /// How long connecting it takes.
    pub minutes: &'static str,
    /// Who may connect it there.
    pub permission: &'static str,
    /// What its console calls the URL.
    pub url_label: &'static str,
    /// What its console calls the token.
    pub token_label: &'static str,
    /// What its console calls the test of both.
    pub test_label: &'static str,
    /// How that is asked for.
    pub test: &'static str,
}

/// All of them, the first one first.
pub(super) static PROVIDERS: [Provider; 4] = [
    Provider {
        key: "jumpcloud",
        name: "JumpCloud",
        called: "JumpCloud",
        about: "Users and groups as soon as they change, from a custom application of your JumpCloud organization.",
        minutes: "5 to 15",
        permission: "the role Administrator or Administrator with Billing",
        url_label: "Base URL",
        token_label: "Token Key",
        test_label: "Test Connection",
        test: "Press Test Connection",
    },
    Provider {
        key: "okta",
        name: "Okta",
        called: "Okta",
        about: "Users and pushed groups, from a SCIM application of your Okta organization.",
        minutes: "10 to 20",
        permission: "the role Application Administrator or Super Administrator",
        url_label: "SCIM connector base URL",
        token_label: "Authorization (HTTP Header, Bearer)",
        test_label: "Test Connector Configuration",
        test: "Press Test Connector Configuration",
    },
    Provider {
        key: "entra",
        name: "Microsoft Entra ID",
        called: "Microsoft Entra ID",
        about: "Users and groups every 40 minutes, from an enterprise application of your tenant.",
        minutes: "10 to 20",
        permission: "the role Application Administrator or Cloud Application Administrator",
        url_label: "Tenant URL",
        token_label: "Secret Token",
        test_label: "Test Connection",
        test: "Press Test Connection",
    },
    Provider {
        key: "generic",
        name: "Other (SCIM 2.0)",
        called: "your identity provider",
        about: "Users and groups from any identity provider that speaks SCIM 2.0, such as Keycloak or authentik.",
        minutes: "10 to 20",
        permission: "a role that may set up outbound SCIM",
        url_label: "Base URL",
        token_label: "Bearer token",
        test_label: "connection test",
        test: "Test the connection",
    },
];

/// That with this key; the last one for any other.
pub(super) fn find(key: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.key == key)
}

/// What people call the one with this key.
pub(super) fn name(key: &str) -> &'static str {
    find(key).map_or("Other", |provider| provider.name)
}

/// What is to be done in its console, once base URL and token are at hand.
pub(super) fn instructions(provider: &Provider) -> Markup {
    match provider.key {
        "jumpcloud" => html! {
            ol.steps {
                li { "In the JumpCloud Admin Portal go to " b { "SSO Applications" } ", open your custom application, or add one with " b { "Add New Application" } ", and choose the tab " b { "Identity Management" } "." }
                li { "Choose API Type " b { "SCIM API" } " and SCIM Version " b { "SCIM 2.0" } "." }
                li { "Paste " b { "Base URL" } " and " b { "Token Key" } ". The URL has no slash at its end." }
                li { "Enter a " b { "Test User Email" } " that nobody uses: JumpCloud makes a user with it, changes it and deletes it again." }
                li { "Press " b { "Test Connection" } ", tick " b { "Enable management of User Groups and Group Membership in this application" } ", and press " b { "Activate" } "." }
                li { "On the tab " b { "User Groups" } " tick the groups to send, and " b { "Save" } ". Only members of these groups come, and JumpCloud does not send empty groups." }
            }
        },
        "okta" => html! {
            ol.steps {
                li { "In the Okta Admin Console go to " b { "Applications" } ", open your application, and enable " b { "SCIM provisioning" } " on its tab " b { "General" } "." }
                li { "On the tab " b { "Provisioning" } ", under " b { "Integration" } ", paste the base URL, and enter " code { "userName" } " as the unique identifier field for users." }
                li { "Tick " b { "Push New Users" } ", " b { "Push Profile Updates" } " and " b { "Push Groups" } ", choose the authentication mode " b { "HTTP Header" } ", and paste the token." }
                li { "Press " b { "Test Connector Configuration" } ", then " b { "Save" } "." }
                li { "Under " b { "To App" } " enable " b { "Create Users" } ", " b { "Update User Attributes" } " and " b { "Deactivate Users" } ". Assign people on the tab " b { "Assignments" } " and push groups on the tab " b { "Push Groups" } "." }
            }
        },
        "entra" => html! {
            ol.steps {
                li { "In the Microsoft Entra admin center go to " b { "Enterprise applications" } ", open your application, or create one that is not in the gallery, and choose " b { "Provisioning" } "." }
                li { "Set the provisioning mode to " b { "Automatic" } " and paste tenant URL and secret token. Press " b { "Test Connection" } ", then " b { "Save" } "." }
                li { "Under " b { "Mappings" } " map " code { "objectId" } " to " code { "externalId" } " for users. For groups delete the mapping of " code { "externalId" } "." }
                li { "Assign users and groups under " b { "Users and groups" } ", and switch the provisioning status to " b { "On" } ". The first cycle can take 40 minutes; " b { "Provision on demand" } " sends one user at once." }
            }
        },
        _ => html! {
            ol.steps {
                li { "Where your identity provider asks for the SCIM endpoint, paste the base URL, without a slash at its end." }
                li { "Choose SCIM 2.0 and authentication by bearer token, and paste the token." }
                li { "Map an id that never changes to " code { "externalId" } "." }
                li { "Test the connection, activate it, and choose users and groups to send." }
            }
        },
    }
}
