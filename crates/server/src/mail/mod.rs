//! E-mail: reminders of what lapses, and one-time links. Without a mail server nothing is sent, and the screens say so.
//!
//! A mail holds what lapses when and the address of the service: no plate, no case, no reason, and of managers' mails no
//! name. Addresses are sealed; neither logs nor ledger entries hold them.

pub mod acts;
pub mod address;
pub mod api;
pub mod due;
pub mod post;
pub mod reminders;
pub mod settings;
pub mod store;

pub use post::Post;
pub use settings::{MailSettings, SmtpServer};
