//! The rules of behaviour that a new agency starts with; it replaces them by its own.

pub const RULES_OF_BEHAVIOUR: &str = "\
This system is restricted to authorized use. Everything you ask, and every answer you open, is recorded in a log that \
nobody can alter, and is audited.

1. I ask only for a stated, lawful purpose of my agency, and I state that purpose truthfully.
2. I never ask because of a person's race, ethnicity, religion, sex, gender identity, sexual orientation, disability, \
political opinion, or because of speech, assembly or worship that the law protects.
3. I never ask about anyone for a private reason.
4. I verify each read against its photos, plate and state, before I act, and I never act on a read alone.
5. I mark what is not relevant, and I keep and pass on only what is.
6. I do not share my account. I report an error in a read, and I report misuse.

Misuse can end access, employment and liberty. By accepting I consent to being recorded and audited.";

pub const ENHANCED_RULES_OF_BEHAVIOUR: &str = "\
The enhanced functions show many vehicles, or where one vehicle has been over time.

1. I draw areas and choose time frames as small as the case allows, and I state the facts that link the place, not the \
people in it, to the case.
2. I do not aim at schools, hospitals, places of worship, funerals, weddings or demonstrations.
3. I treat a pattern of movement as more sensitive than a single read, and I do not act on one without corroboration.";
