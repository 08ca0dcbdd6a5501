//! Accounts, sign-in, sessions and tokens. Who a request comes from is decided here, and only here.

pub mod api;
pub mod caller;
pub mod first_start;
pub mod invitations;
pub mod opening;
pub mod own_password;
pub mod passkeys;
pub mod password;
pub mod session_list;
pub mod sessions;
pub mod source;
pub mod step_up;
pub mod store;
pub mod throttle;
pub mod vouching;

pub use caller::Caller;
