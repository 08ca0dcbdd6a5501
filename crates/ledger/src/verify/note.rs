//! Reading signed notes, checkpoints and cosignatures: C2SP signed-note, tlog-checkpoint and tlog-cosignature, Ed25519 only.

use super::{Cosigned, Verified, VerifyError};
use crate::hash::{COSIGNATURE, ED25519, Hash, note_key_id};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

/// Bytes of a signed note; sixteen post-quantum signatures fit.
pub(super) const NOTE_BYTES_MAX: usize = 256 * 1_024;
/// Signatures of a note; the specification asks for at least 16.
const SIGNATURES_MAX: usize = 64;
/// A signed note, taken apart; nothing is checked yet.
#[derive(Debug)]
pub(crate) struct SignedNote<'a> {
    /// With its last newline, as it is signed.
    pub(crate) text: &'a str,
    signatures: Vec<SignatureLine<'a>>,
}

#[derive(Debug)]
struct SignatureLine<'a> {
    /// Whole, with its newline.
    line: &'a str,
    name: &'a str,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

impl<'a> SignedNote<'a> {
    pub(crate) fn parse(note: &'a [u8]) -> Result<Self, VerifyError> {
        let bad = |what| VerifyError::BadCheckpoint { what };
        if note.len() > NOTE_BYTES_MAX {
            return Err(bad("it is too long"));
        }
        let note = std::str::from_utf8(note).map_err(|_| bad("it is not UTF-8"))?;
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(bad("it has control characters"));
        }
        // The last empty line parts text and signatures; the text keeps its own last newline.
        let empty_line = note.rfind("\n\n").ok_or_else(|| bad("it has no signatures"))?;
        let (text, signatures) = (note.get(..=empty_line), note.get(empty_line + 2..));
        let (Some(text), Some(signatures)) = (text, signatures) else { return Err(bad("it has no signatures")) };
        Ok(Self { text, signatures: signature_lines(signatures).map_err(bad)? })
    }

    /// The signatures of a key, by its name and id.
    fn of(&self, key: &Key) -> impl Iterator<Item = &SignatureLine<'a>> {
        self.signatures.iter().filter(|line| line.name == key.name && line.key_id == key.id)
    }

    /// The lines of a key, whole.
    pub(crate) fn lines_of(&self, key: &Key) -> impl Iterator<Item = &'a str> {
        self.of(key).map(|line| line.line)
    }

    /// Origin, size and root: the lines of C2SP tlog-checkpoint. They say nothing before a signature was checked.
    pub(crate) fn tree_head(&self) -> Result<(&'a str, u64, Hash), VerifyError> {
        let bad = |what| VerifyError::BadCheckpoint { what };
        let mut lines = self.text.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty()).ok_or_else(|| bad("it has no origin"))?;
        let size = lines.next().and_then(decimal).ok_or_else(|| bad("the second line is not a size"))?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok()?.try_into().ok());
        Ok((origin, size, root.ok_or_else(|| bad("the third line is not a hash"))?))
    }
}

/// Reads lines of signatures; what is wrong with them where they are none.
fn signature_lines(lines: &str) -> Result<Vec<SignatureLine<'_>>, &'static str> {
    if !lines.ends_with('\n') {
        return Err("its last line does not end");
    }
    let mut signatures = Vec::new();
    for line in lines.split_inclusive('\n') {
        if signatures.len() == SIGNATURES_MAX {
            return Err("it has too many signatures");
        }
        let signature = line.trim_end_matches('\n').strip_prefix("\u{2014} ").and_then(|line| line.split_once(' '));
        let (name, blob) = signature.ok_or("a signature line is malformed")?;
        let blob = STANDARD.decode(blob).map_err(|_| "a signature is not base64")?;
        let (key_id, signature) = blob.split_first_chunk::<4>().ok_or("a signature is too short")?;
        signatures.push(SignatureLine { line, name, key_id: *key_id, signature: signature.to_vec() });
    }
    Ok(signatures)
}

/// A public key under a name, of one signature type.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    id: [u8; 4],
    public: VerifyingKey,
}

impl Key {
    /// Reads `<name>+<8 hex digits of key id>+<base64 of signature type and key>`.
    fn parse(vkey: &str, signature_type: u8) -> Option<Self> {
        let (name, rest) = vkey.split_once('+')?;
        // The base64 part may hold `+` itself.
        let (id, key) = rest.split_once('+')?;
        let id_digits = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        if name.is_empty() || name.contains(char::is_whitespace) || id.len() != 8 || !id.bytes().all(id_digits) {
            return None;
        }
        let key = STANDARD.decode(key).ok()?;
        let (found_type, public) = key.split_first()?;
        let public: [u8; 32] = public.try_into().ok()?;
        let key_id = note_key_id(name, signature_type, &public);
        if *found_type != signature_type || hex::encode(key_id) != id {
            return None;
        }
        Some(Self { name: name.to_owned(), id: key_id, public: VerifyingKey::from_bytes(&public).ok()? })
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        let signature = Signature::from_slice(signature).map_err(|_| VerifyError::BadSignature)?;
        self.public.verify_strict(message, &signature).map_err(|_| VerifyError::BadSignature)
    }
}

/// A key that is trusted to sign a log.
#[derive(Clone, Debug)]
pub(crate) struct VerifierKey(Key);

impl VerifierKey {
    pub(crate) fn parse(vkey: &str) -> Result<Self, VerifyError> {
        Key::parse(vkey, ED25519).map(Self).ok_or(VerifyError::BadKey)
    }

    /// The log whose key it is: its origin is the key's name.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn key(&self) -> &Key {
        &self.0
    }

    /// Checks a checkpoint's signature and reads it. The origin must be the key's name, so that one log's checkpoint never
    /// passes for another's.
    pub(crate) fn open_checkpoint(&self, note: &[u8]) -> Result<Verified, VerifyError> {
        self.open_note(&SignedNote::parse(note)?)
    }

    pub(crate) fn open_note(&self, note: &SignedNote<'_>) -> Result<Verified, VerifyError> {
        let mut is_signed = false;
        for line in note.of(&self.0) {
            self.0.verify(note.text.as_bytes(), &line.signature)?;
            is_signed = true;
        }
        if !is_signed {
            return Err(VerifyError::NotSigned);
        }
        let found = note.text.split('\n').next().unwrap_or_default();
        if found != self.0.name {
            return Err(VerifyError::OtherOrigin { found: found.to_owned(), expected: self.0.name.clone() });
        }
        let (origin, size, root) = note.tree_head()?;
        Ok(Verified { origin: origin.to_owned(), size, root, cosigned: Vec::new() })
    }
}

/// A key that is trusted to watch over a log: a witness's (C2SP tlog-cosignature, Ed25519).
#[derive(Clone, Debug)]
pub(crate) struct WitnessKey(Key);

impl WitnessKey {
    pub(crate) fn parse(vkey: &str) -> Result<Self, VerifyError> {
        Key::parse(vkey, COSIGNATURE).map(Self).ok_or(VerifyError::BadWitnessKey)
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn key(&self) -> &Key {
        &self.0
    }

    /// Checks that the witness cosigned, and says when: its newest cosignature of the note.
    pub(crate) fn check(&self, note: &SignedNote<'_>) -> Result<Cosigned, VerifyError> {
        let mut newest = None;
        for line in note.of(&self.0) {
            let (time, signature) = line.signature.split_first_chunk::<8>().ok_or(VerifyError::BadSignature)?;
            let seconds = u64::from_be_bytes(*time);
            self.0.verify(cosigned_message(seconds, note.text).as_bytes(), signature)?;
            newest = newest.max(Some(i64::try_from(seconds).map_err(|_| VerifyError::BadSignature)?));
        }
        let seconds = newest.ok_or_else(|| VerifyError::NotWitnessed { witness: self.0.name.clone() })?;
        Ok(Cosigned { witness: self.0.name.clone(), seconds })
    }

    /// The line with which this witness cosigned `text`, among lines that it gave; `None` where none is valid.
    pub(crate) fn valid_line(&self, text: &str, lines: &str) -> Option<String> {
        let signatures = signature_lines(lines).ok()?;
        let note = SignedNote { text, signatures };
        self.check(&note).ok()?;
        note.lines_of(&self.0).last().map(ToOwned::to_owned)
    }
}

/// What a witness signs (C2SP tlog-cosignature, "Ed25519 signed message").
pub(crate) fn cosigned_message(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// An ASCII decimal without sign or leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
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
