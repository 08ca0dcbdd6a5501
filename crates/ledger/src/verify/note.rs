//! Reading signed notes and checkpoints: C2SP signed-note and tlog-checkpoint, Ed25519 only.

use super::{Verified, VerifyError};
use crate::hash::note_key_id;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

/// Bytes of a signed note; sixteen post-quantum signatures fit.
pub(super) const NOTE_BYTES_MAX: usize = 256 * 1_024;
/// Signatures of a note; the specification asks for at least 16.
const SIGNATURES_MAX: usize = 64;
/// The signature type of Ed25519.
const ED25519: u8 = 0x01;

/// A key that is trusted to sign a log.
#[derive(Debug)]
pub(super) struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads `<name>+<8 hex digits of key id>+<base64 of type and key>`.
    pub(super) fn parse(vkey: &str) -> Result<Self, VerifyError> {
        Self::try_parse(vkey).ok_or(VerifyError::BadKey)
    }

    fn try_parse(vkey: &str) -> Option<Self> {
        let (name, rest) = vkey.split_once('+')?;
        // The base64 part may hold `+` itself.
        let (id, key) = rest.split_once('+')?;
        let id_digits = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        if name.is_empty() || name.contains(char::is_whitespace) || id.len() != 8 || !id.bytes().all(id_digits) {
            return None;
        }
        let key = STANDARD.decode(key).ok()?;
        let (ED25519, public) = key.split_first().map(|(kind, public)| (*kind, public))? else { return None };
        let public: [u8; 32] = public.try_into().ok()?;
        let key_id = note_key_id(name, &public);
        let key = VerifyingKey::from_bytes(&public).ok()?;
        (hex::encode(key_id) == id).then_some(Self { name: name.to_owned(), id: key_id, key })
    }

    /// Checks a checkpoint's signature and reads it. The origin must be the key's name, so that one log's checkpoint never
    /// passes for another's.
    pub(super) fn open_checkpoint(&self, note: &[u8]) -> Result<Verified, VerifyError> {
        let bad = |what| VerifyError::BadCheckpoint { what };
        if note.len() > NOTE_BYTES_MAX {
            return Err(bad("it is too long"));
        }
        let note = std::str::from_utf8(note).map_err(|_| bad("it is not UTF-8"))?;
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(bad("it has control characters"));
        }
        // The last empty line parts text and signatures; the text keeps its own last newline.
        let (text, signatures) = note.rsplit_once("\n\n").ok_or_else(|| bad("it has no signatures"))?;
        let text = format!("{text}\n");
        self.check_signatures(&text, signatures)?;
        let mut lines = text.split('\n');
        let origin = lines.next().unwrap_or_default();
        if origin != self.name {
            return Err(VerifyError::OtherOrigin { found: origin.to_owned(), expected: self.name.clone() });
        }
        let size = lines.next().and_then(decimal).ok_or_else(|| bad("the second line is not a size"))?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok()?.try_into().ok());
        let root = root.ok_or_else(|| bad("the third line is not a hash"))?;
        Ok(Verified { origin: origin.to_owned(), size, root })
    }

    fn check_signatures(&self, text: &str, signatures: &str) -> Result<(), VerifyError> {
        let bad = |what| VerifyError::BadCheckpoint { what };
        let lines = signatures.strip_suffix('\n').ok_or_else(|| bad("its last line does not end"))?;
        let mut is_signed = false;
        for (count, line) in lines.split('\n').enumerate() {
            if count == SIGNATURES_MAX {
                return Err(bad("it has too many signatures"));
            }
            let signature = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' '));
            let (name, blob) = signature.ok_or_else(|| bad("a signature line is malformed"))?;
            let blob = STANDARD.decode(blob).map_err(|_| bad("a signature is not base64"))?;
            let (id, signature) = blob.split_first_chunk::<4>().ok_or_else(|| bad("a signature is too short"))?;
            if name != self.name || *id != self.id {
                continue;
            }
            let signature = Signature::from_slice(signature).map_err(|_| VerifyError::BadSignature)?;
            self.key.verify_strict(text.as_bytes(), &signature).map_err(|_| VerifyError::BadSignature)?;
            is_signed = true;
        }
        if is_signed { Ok(()) } else { Err(VerifyError::NotSigned) }
    }
}

/// An ASCII decimal without sign or leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of C2SP tlog-checkpoint; its key is not given there, so only the form is checked.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    /// The key and note of the test of golang.org/x/mod/sumdb/note (BSD-3-Clause).
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETERS_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn aud_6_a_note_signed_by_another_implementation_is_accepted() {
        let key = VerifierKey::parse(PETER).unwrap();
        // The signature holds; what fails is only that the text is not a checkpoint.
        assert!(matches!(key.open_checkpoint(PETERS_NOTE.as_bytes()), Err(VerifyError::OtherOrigin { .. })));
        let altered = PETERS_NOTE.replacen("answer", "Answer", 1);
        assert!(matches!(key.open_checkpoint(altered.as_bytes()), Err(VerifyError::BadSignature)));
    }

    #[test]
    fn a_note_without_a_signature_of_the_known_key_is_rejected() {
        let key = VerifierKey::parse(PETER).unwrap();
        assert!(matches!(key.open_checkpoint(EXAMPLE.as_bytes()), Err(VerifyError::NotSigned)));
        assert!(matches!(key.open_checkpoint(b"a\n0\nb\n"), Err(VerifyError::BadCheckpoint { .. })));
    }

    #[test]
    fn a_key_with_one_character_changed_is_rejected() {
        for place in 0..PETER.len() {
            let mut altered = PETER.as_bytes().to_vec();
            altered[place] ^= 1;
            let altered = String::from_utf8(altered).unwrap();
            assert!(VerifierKey::parse(&altered).is_err(), "{altered}");
        }
    }

    #[test]
    fn decimals_have_one_form() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "18446744073709551616"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }
}
