//! The e-mail address of a person: its form, and how it is kept.

use crate::App;
use crate::http::Problem;
use domain::AgencyId;
use lettre::Address;
use storage::Scope;

/// Characters of an address (RFC 5321, section 4.5.3.1.3, less the brackets).
pub const EMAIL_CHARS_MAX: usize = 254;

pub fn scope(agency: AgencyId) -> Scope {
    Scope::agency(agency, "email-address")
}

/// An address as it was typed. `None` for an empty one, which takes the address away.
pub fn read(text: Option<&str>) -> Result<Option<Address>, Problem> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = || Problem::invalid("email", "an address has the form name@example.org");
    // Mail servers take other letters only where they say so.
    if !text.is_ascii() || text.len() > EMAIL_CHARS_MAX {
        return Err(wrong());
    }
    text.parse().map(Some).map_err(|_| wrong())
}

pub fn seal(app: &App, agency: AgencyId, address: &Address) -> Result<Vec<u8>, Problem> {
    app.vault
        .seal(&scope(agency), address.to_string().as_bytes())
        .map_err(|error| Problem::failed("the address could not be sealed", &error))
}

/// The same as text, for screens.
pub fn open_text(app: &App, agency: AgencyId, sealed: &[u8]) -> Result<String, Problem> {
    Ok(open(app, agency, sealed)?.to_string())
}

pub fn open(app: &App, agency: AgencyId, sealed: &[u8]) -> Result<Address, Problem> {
    let text = app
        .vault
        .open_sealed(&scope(agency), sealed)
        .map_err(|error| Problem::failed("an address could not be opened", &error))?;
    let text = String::from_utf8(text).ok().and_then(|text| text.parse().ok());
    text.ok_or_else(|| Problem::broken("a kept address is none"))
}
