//! Accounts, sign-in, sessions and tokens. Who a request comes from is decided here, and only here.

pub mod api;
pub mod caller;
pub mod first_start;
pub mod invitations;
pub mod own_password;
pub mod password;
pub mod sessions;
pub mod store;
pub mod throttle;

pub use caller::Caller;
