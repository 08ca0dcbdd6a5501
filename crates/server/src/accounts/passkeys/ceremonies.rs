//! The two ceremonies of `WebAuthn`: registration, and assertion for signing in and stepping up.

use super::store::{self, Ceremony, Kept};
use super::{CEREMONY_MICROS, relying_party};
use crate::App;
use crate::accounts::sessions;
use crate::accounts::store::User;
use crate::http::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::fake::{FakePasskeyDistribution, WebauthnFakeCredentialGenerator};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    WebauthnError,
};

/// A ceremony that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct Begun {
    /// Comes back with the credential; good for five minutes and one use.
    pub ceremony: String,
    /// `WebAuthn` Level 3 JSON: what `PublicKeyCredential.parseCreationOptionsFromJSON`, or for signing in
    /// `parseRequestOptionsFromJSON`, takes.
    #[schema(value_type = Object)]
    pub options: Value,
}

/// What an assertion is for. A challenge for one is nothing to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    StepUp,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::StepUp => "step-up",
        }
    }
}

/// Draws of credentials that nobody has. One in a few is empty; that all of them are does not happen.
const INVENTED_DRAWS_MAX: u32 = 64;
const REGISTER: &str = "register";

/// Assertions that were verified since the start, those of unknown people too: both must cost the same work.
#[derive(Debug, Default)]
pub struct Verified(AtomicU64);

impl Verified {
    pub fn since_start(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

async fn keep(
    app: &App,
    purpose: &str,
    user: Option<&User>,
    state: &impl Serialize,
    options: Value,
) -> Result<Begun, Problem> {
    let (secret, id) = sessions::new_secret(&app.vault);
    let state = serde_json::to_string(state).map_err(|error| Problem::failed("the challenge was not kept", &error))?;
    let ceremony = Ceremony { user: user.map(|user| user.id), state };
    let now = app.clock.now();
    store::put_ceremony(&app.sql, (&id, purpose), &ceremony, (now, now.plus_micros(CEREMONY_MICROS))).await?;
    Ok(Begun { ceremony: secret, options })
}

async fn take(app: &App, purpose: &str, secret: &str) -> Result<Option<Ceremony>, Problem> {
    let id = sessions::id_of(&app.vault, secret);
    Ok(store::take_ceremony(&app.sql, &id, purpose, app.clock.now()).await?)
}

fn read_state<T: DeserializeOwned>(state: &str) -> Result<T, Problem> {
    serde_json::from_str(state).map_err(|error| Problem::failed("the challenge could not be read", &error))
}

fn written(options: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(options).map_err(|error| Problem::failed("the challenge could not be written", &error))
}

/// Begins the registration of a passkey of this person.
pub async fn begin_registration(app: &App, user: &User) -> Result<Begun, Problem> {
    let party = relying_party(app)?;
    let own = store::of_user(&app.sql, Some(user.id)).await?;
    let begun = party.start_passkey_registration(user.id.0, &user.login, &user.name, None);
    let (challenge, state) = begun.map_err(|error| Problem::failed("a passkey could not be offered", &error))?;
    let mut options = written(&challenge.public_key)?;
    options["excludeCredentials"] = descriptors(own.into_iter().map(|passkey| passkey.credential));
    keep(app, REGISTER, Some(user), &state, options).await
}

/// Ends a registration. What is wrong with the credential is not told apart.
pub async fn end_registration(
    app: &App,
    user: &User,
    secret: &str,
    credential: &RegisterPublicKeyCredential,
) -> Result<Passkey, Problem> {
    let party = relying_party(app)?;
    let refused =
        || Problem::invalid("credential", "the passkey does not answer the challenge, or answers it too late");
    let ceremony = take(app, REGISTER, secret).await?.filter(|ceremony| ceremony.user == Some(user.id));
    let state: PasskeyRegistration = read_state(&ceremony.ok_or_else(refused)?.state)?;
    party.finish_passkey_registration(credential, &state).map_err(|_| refused())
}

fn descriptors(credentials: impl Iterator<Item = String>) -> Value {
    credentials.map(|id| json!({ "type": "public-key", "id": id })).collect()
}

/// Begins an assertion by this person's passkeys. A name that nobody has, and a person without one, get credentials that
/// nobody has, always the same ones: the answer does not tell which names exist.
pub async fn begin_assertion(app: &App, purpose: Purpose, login: &str, user: Option<&User>) -> Result<Begun, Problem> {
    let party = relying_party(app)?;
    let own = store::of_user(&app.sql, user.map(|user| user.id)).await?;
    let invented = invented_credentials(app, login)?;
    // The credentials are chosen here and read anew at the end, so that the state is alike for everybody.
    let begun = party.start_discoverable_authentication();
    let (challenge, state) = begun.map_err(|error| Problem::failed("a challenge could not be made", &error))?;
    let mut options = written(&challenge.public_key)?;
    let own: Vec<String> = own.into_iter().map(|passkey| passkey.credential).collect();
    options["allowCredentials"] = descriptors(if own.is_empty() { invented } else { own }.into_iter());
    if let Some(options) = options.as_object_mut() {
        options.remove("extensions");
    }
    keep(app, purpose.word(), user, &state, options).await
}

fn invented_credentials(app: &App, login: &str) -> Result<Vec<String>, Problem> {
    let failed = |error: WebauthnError| Problem::failed("a challenge could not be made", &error);
    let key = hex::decode(sessions::lasting_id_of(&app.vault, "credentials that nobody has"))
        .map_err(|error| Problem::failed("a challenge could not be made", &error))?;
    let generator = WebauthnFakeCredentialGenerator::<FakePasskeyDistribution>::new(&key).map_err(failed)?;
    // Some names get none at first; somebody with passkeys has at least one.
    for number in 0..INVENTED_DRAWS_MAX {
        let invented = generator.generate(format!("{login}\n{number}").as_bytes()).map_err(failed)?;
        if !invented.is_empty() {
            return Ok(invented.iter().map(|id| store::credential_text(id)).collect());
        }
    }
    Ok(Vec::new())
}

/// Why an assertion was refused, in words for the ledger. The person is told one sentence for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Unknown, used, late, or for something else.
    Ceremony,
    Credential,
    Challenge,
    Origin,
    RelyingParty,
    UserNotVerified,
    Signature,
    /// The counter did not rise: there may be a copy of the key.
    Counter,
    /// Nothing was looked at.
    TooManyTries,
}

impl Refused {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ceremony => "ceremony",
            Self::Credential => "credential",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::RelyingParty => "relying-party",
            Self::UserNotVerified => "user-not-verified",
            Self::Signature => "signature",
            Self::Counter => "counter",
            Self::TooManyTries => "too-many-tries",
        }
    }

    fn of(error: &WebauthnError) -> Self {
        match error {
            WebauthnError::CredentialNotFound => Self::Credential,
            WebauthnError::MismatchedChallenge => Self::Challenge,
            WebauthnError::InvalidRPOrigin => Self::Origin,
            WebauthnError::InvalidRPIDHash => Self::RelyingParty,
            WebauthnError::UserNotVerified | WebauthnError::UserNotPresent => Self::UserNotVerified,
            WebauthnError::CredentialPossibleCompromise => Self::Counter,
            _ => Self::Signature,
        }
    }
}

/// Whom a ceremony was begun for.
#[derive(Debug)]
pub struct Asserting {
    pub user: Option<User>,
    state: Option<String>,
}

impl Asserting {
    /// No ceremony of this person.
    #[must_use]
    pub fn of_nothing(self, user: &User) -> Self {
        Self { user: Some(user.clone()), state: None }
    }

    /// The same ceremony as if the name were nobody's: it takes as long and ends in a refusal.
    #[must_use]
    pub fn of_nobody(&self) -> Self {
        Self { user: None, state: self.state.clone() }
    }
}

/// Takes the ceremony, whatever becomes of it.
pub async fn take_assertion(app: &App, purpose: Purpose, secret: &str) -> Result<Asserting, Problem> {
    let ceremony = take(app, purpose.word(), secret).await?;
    let user = match ceremony.as_ref().and_then(|ceremony| ceremony.user) {
        Some(user) => crate::accounts::store::user(&app.sql, user).await?,
        None => None,
    };
    Ok(Asserting { user, state: ceremony.map(|ceremony| ceremony.state) })
}

/// Verifies the assertion and notes the use of the passkey; gives its id, with the refusal where it is known which one it was.
pub async fn end_assertion(
    app: &App,
    asserting: &Asserting,
    credential: &PublicKeyCredential,
) -> Result<Result<Uuid, (Refused, Option<Uuid>)>, Problem> {
    let party = relying_party(app)?;
    let Some(state) = &asserting.state else { return Ok(Err((Refused::Ceremony, None))) };
    let state: DiscoverableAuthentication = read_state(state)?;
    let user = asserting.user.as_ref();
    let kept = store::find(&app.sql, &app.vault, user, credential.get_credential_id()).await?;
    // A credential that is not known is verified all the same, by a key that nobody has: the time does not tell.
    let known = kept.is_some();
    let (id, mut passkey) = match kept {
        Some(Kept { id, passkey }) => (id, passkey),
        None => (Uuid::nil(), nobodys(credential.get_credential_id())?),
    };
    app.assertions.0.fetch_add(1, Ordering::Relaxed);
    let verified = party.finish_discoverable_authentication_v2(credential, state, &passkey);
    if !known {
        return Ok(Err((Refused::Credential, None)));
    }
    let result = match verified {
        Ok(result) => result,
        Err(error) => return Ok(Err((Refused::of(&error), Some(id)))),
    };
    let handle = credential.get_user_unique_id();
    let Some(user) = user.filter(|user| handle.is_none_or(|handle| handle == user.id.0.as_bytes())) else {
        return Ok(Err((Refused::Credential, Some(id))));
    };
    if !result.user_verified() {
        return Ok(Err((Refused::UserNotVerified, Some(id))));
    }
    passkey.update_credential(&result);
    let (now, kept) = (app.clock.now(), Kept { id, passkey });
    let noted = store::note_use(&app.sql, &app.vault, user.agency, &kept, result.counter(), now).await?;
    Ok(if noted { Ok(id) } else { Err((Refused::Counter, Some(id))) })
}

/// A key that nobody has, under this credential id.
fn nobodys(credential: &[u8]) -> Result<Passkey, Problem> {
    static NOBODY: LazyLock<Value> = LazyLock::new(|| {
        json!({ "cred": {
            "cred_id": "", "counter": 0, "transports": null, "user_verified": true, "backup_eligible": false,
            "backup_state": false, "registration_policy": "required",
            // The base point of the curve: a valid public key, whose private key everybody knows and which opens nothing.
            "cred": { "type_": "ES256", "key": { "EC_EC2": {
                "curve": "SECP256R1",
                "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
                "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
            } } },
            "extensions": {},
            "attestation": { "data": "None", "metadata": "None" }, "attestation_format": "none",
        } })
    });
    let mut nobody = NOBODY.clone();
    nobody["cred"]["cred_id"] = json!(store::credential_text(credential));
    serde_json::from_value(nobody).map_err(|error| Problem::failed("a passkey could not be read", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_6_the_key_that_nobody_has_is_one_that_a_signature_can_be_checked_by() {
        let passkey = nobodys(b"any credential").unwrap();
        assert_eq!(passkey.cred_id().as_slice(), b"any credential");
    }
}
