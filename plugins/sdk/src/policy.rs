//! The trait an author implements, and what the exported functions do with it.

use crate::{Group, GroupChange, Manifest, Problem, User, UserChange, log, pointer};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A policy: a pure function from an item of the inventory to changes of its view.
pub trait Policy: Sized + 'static {
    /// What an operator may set. Its JSON Schema is shown to them and checked before [`Policy::configure`] sees it.
    type Settings: DeserializeOwned + JsonSchema;

    /// Name of the plugin: lower-case letters, digits and hyphens.
    const NAME: &'static str;
    /// Semantic version of the plugin. A changed plugin needs a new one.
    const VERSION: &'static str;
    /// One or two sentences for the operator who chooses the plugin.
    const DESCRIPTION: &'static str;
    /// What the policy wants to see: `id`, `externalId`, `userName`, `displayName`, `groups`, `current`, `view`,
    /// `facts`, or paths of SCIM attributes. The host leaves everything else empty.
    const READS: &'static [&'static str];
    /// Which parts of a view the policy may change: `included`, `status`, `role`, `groups`, `userName`,
    /// `displayName`, `attributes`. The host treats any other change as a fault.
    const WRITES: &'static [&'static str];

    /// Takes the settings, once, before anything is projected.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings, as far as their JSON Schema cannot say it.
    fn configure(settings: Self::Settings) -> Result<Self, Vec<Problem>>;

    /// The changes to a user's view; none hands the view on.
    fn project_user(&self, user: &User) -> Vec<UserChange> {
        let _ = user;
        Vec::new()
    }

    /// The changes to a group's view; none hands the view on.
    fn project_group(&self, group: &Group) -> Vec<GroupChange> {
        let _ = group;
        Vec::new()
    }
}

/// Exports a [`Policy`] as the plugin that this crate is. Once in a crate.
///
/// On targets other than wasm it expands to nothing.
#[macro_export]
macro_rules! export_policy {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        // The exported functions are called by the host with raw pointers; the generator writes them.
        #[allow(unsafe_code, missing_docs, clippy::all, clippy::restriction)]
        const _: () = {
            use $crate::__bindings::exports::doorlist::policy::projection::Guest;

            ::std::thread_local! {
                static POLICY: ::std::cell::OnceCell<$policy> = const { ::std::cell::OnceCell::new() };
            }

            /// The policy, or a trap: the host configures before it projects anything.
            fn with<T>(project: impl FnOnce(&$policy) -> T) -> T {
                POLICY.with(|policy| project(policy.get().expect("the host configures first")))
            }

            struct Plugin;

            impl Guest for Plugin {
                fn describe() -> $crate::Manifest {
                    $crate::__describe::<$policy>()
                }

                fn configure(settings: ::std::string::String) -> ::core::result::Result<(), ::std::vec::Vec<$crate::Problem>> {
                    let policy = $crate::__configure::<$policy>(&settings)?;
                    POLICY
                        .with(|slot| slot.set(policy))
                        .map_err(|_| ::std::vec![$crate::Problem::new("", "The plugin already has settings.")])
                }

                fn project_user(user: $crate::User) -> ::std::vec::Vec<$crate::UserChange> {
                    with(|policy| $crate::Policy::project_user(policy, &user))
                }

                fn project_group(group: $crate::Group) -> ::std::vec::Vec<$crate::GroupChange> {
                    with(|policy| $crate::Policy::project_group(policy, &group))
                }
            }

    $crate::__bindings::export_bindings!(Plugin with_types_in $crate::__bindings);
        };
    };
}

/// What `describe` answers.
#[doc(hidden)]
pub fn __describe<P: Policy>() -> Manifest {
    log::panics();
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    Manifest {
        name: P::NAME.into(),
        version: P::VERSION.into(),
        description: P::DESCRIPTION.into(),
        settings_schema: schemars::schema_for!(P::Settings).as_value().to_string(),
        reads: words(P::READS),
        writes: words(P::WRITES),
    }
}

/// What `configure` does.
#[doc(hidden)]
pub fn __configure<P: Policy>(settings: &str) -> Result<P, Vec<Problem>> {
    log::panics();
    let settings = serde_json::from_str(settings).map_err(|error| {
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text);
        vec![Problem::new(pointer::at(settings, error.line(), error.column()), message)]
    })?;
    P::configure(settings)
}
