//! Who a user is to policy: role, permission, kind of log-in.

use serde::{Deserialize, Serialize};

macro_rules! word_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in policies, the API and the database.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}
pub(crate) use word_enum;

word_enum!(
    /// What a person is in the agency (ACC-2).
    Role {
        CriminalInvestigator = "criminal-investigator",
        TaskForceOfficer = "task-force-officer",
        CriminalAnalyst = "criminal-analyst",
        InvestigativeAssistant = "investigative-assistant",
        PatrolOfficer = "patrol-officer",
        Supervisor = "supervisor",
        AgencyManager = "agency-manager",
        PrivacyOfficer = "privacy-officer",
        /// Works the queue of reported errors; sees only what was reported.
        DataSteward = "data-steward",
        /// Runs the machine; sees no records.
        HostOperator = "host-operator",
    }
);

word_enum!(
    /// What a user may be granted; each kind of query is its own (ACC-2).
    Permission {
        Full = "full",
        Partial = "partial",
        MakeModel = "make-model",
        Area = "area",
        Common = "common",
        Movement = "movement",
        Photo = "photo",
        Mobile = "mobile",
        Export = "export",
    }
);

word_enum!(
    /// Which of the two doors the session came through (ACC-3).
    LogIn {
        Plain = "plain",
        Enhanced = "enhanced",
    }
);
