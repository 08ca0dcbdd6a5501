//! A passkey in software that can be made to lie: about origin, relying party, challenge and counter.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error, get_assertion};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

pub(crate) const ORIGIN: &str = "http://localhost:8080";

/// Somebody who touches the key and is known to it.
pub(crate) struct Owner;

#[async_trait::async_trait]
impl UserValidationMethod for Owner {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification })
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }
}

/// What a key says of where it is used.
#[derive(Clone)]
pub(crate) struct Saying {
    pub(crate) origin: &'static str,
    pub(crate) relying_party: &'static str,
    pub(crate) challenge: Option<String>,
    pub(crate) verified: bool,
}

impl Default for Saying {
    fn default() -> Self {
        Self { origin: ORIGIN, relying_party: "localhost", challenge: None, verified: true }
    }
}

pub(crate) struct SoftKey {
    pub(crate) passkey: Passkey,
}

impl SoftKey {
    /// Makes a key by the service's options; gives it with what goes to the service.
    pub(crate) async fn create(options: &Value) -> (Self, Value) {
        let mut authenticator = Authenticator::new(Aaguid::new_empty(), None::<Passkey>, Owner, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        let mut client = Client::new(authenticator).allows_insecure_localhost(true);
        let request = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let origin = Url::parse(ORIGIN).unwrap();
        let made = client.register(&origin, request, DefaultClientData).await.unwrap();
        let passkey = client.authenticator().store().clone().unwrap();
        (Self { passkey }, as_browsers_write(serde_json::to_value(&made).unwrap()))
    }

    /// Answers a challenge.
    pub(crate) async fn answer(&mut self, options: &Value, saying: Saying) -> Value {
        let challenge = saying.challenge.unwrap_or_else(|| options["challenge"].as_str().unwrap().to_owned());
        let client_data =
            json!({ "type": "webauthn.get", "challenge": challenge, "origin": saying.origin }).to_string();
        let mut held = self.passkey.clone();
        saying.relying_party.clone_into(&mut held.rp_id);
        let mut authenticator = Authenticator::new(Aaguid::new_empty(), Some(held), Owner, RustCryptoBackend);
        let request = get_assertion::Request {
            rp_id: saying.relying_party.into(),
            client_data_hash: Sha256::digest(client_data.as_bytes()).to_vec().into(),
            allow_list: None,
            extensions: None,
            options: get_assertion::Options { up: true, uv: saying.verified },
            pin_auth: None,
            pin_protocol: None,
        };
        let answer = authenticator.get_assertion(request).await.unwrap();
        self.passkey.counter = authenticator.store().as_ref().unwrap().counter;
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let id = text(&self.passkey.credential_id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": text(&answer.auth_data.to_vec()), "signature": text(&answer.signature),
                "clientDataJSON": text(client_data.as_bytes()), "userHandle": null,
            },
        })
    }
}

/// The crate writes bytes as numbers; browsers write base64url.
fn as_browsers_write(value: Value) -> Value {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_u64) => {
            let bytes: Vec<u8> = items.iter().map(|item| u8::try_from(item.as_u64().unwrap()).unwrap()).collect();
            json!(BASE64_URL_SAFE_NO_PAD.encode(bytes))
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, as_browsers_write(value))).collect())
        }
        value => value,
    }
}
