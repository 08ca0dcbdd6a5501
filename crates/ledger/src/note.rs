//! Signing checkpoints: C2SP signed-note and tlog-checkpoint, Ed25519 only.

use crate::hash::{ED25519, Hash, note_key_id};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};

/// Whether a text can name a log or a witness in a note.
pub(crate) fn is_key_name(name: &str) -> bool {
    let unfit = |character: char| character.is_whitespace() || character.is_control() || character == '+';
    !name.is_empty() && !name.contains(unfit)
}

/// The log's name and keys. The keys' name is the origin, as tlog-checkpoint advises.
pub(crate) struct NoteSigner {
    origin: String,
    /// The current key first, then older ones that sign beside it until they are retired. Never empty.
    keys: Vec<SigningKey>,
}

impl std::fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NoteSigner").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl NoteSigner {
    /// `None` where the origin cannot be a key name (empty, or with white space, control characters or `+`), or without a seed.
    pub(crate) fn new(origin: &str, seeds: &[[u8; 32]]) -> Option<Self> {
        if !is_key_name(origin) || seeds.is_empty() {
            return None;
        }
        Some(Self { origin: origin.to_owned(), keys: seeds.iter().map(SigningKey::from_bytes).collect() })
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    fn text(&self, size: u64, root: &Hash) -> String {
        format!("{}\n{size}\n{}\n", self.origin, STANDARD.encode(root))
    }

    fn signature_line(&self, key: &SigningKey, text: &str) -> String {
        let mut blob = note_key_id(&self.origin, ED25519, key.verifying_key().as_bytes()).to_vec();
        blob.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
        format!("\u{2014} {} {}\n", self.origin, STANDARD.encode(blob))
    }

    /// The signed note of a tree head, with a line of every key. Ed25519 is deterministic (RFC 8032): the same head gives the
    /// same bytes.
    pub(crate) fn checkpoint(&self, size: u64, root: &Hash) -> String {
        let text = self.text(size, root);
        let lines: String = self.keys.iter().map(|key| self.signature_line(key, &text)).collect();
        format!("{text}\n{lines}")
    }

    /// Size and root of a checkpoint that one of these keys signed, the current or one that signs beside it: after a rotation
    /// the newest checkpoint is still that of the old key. Other signatures may stand there too.
    pub(crate) fn read_own(&self, note: &str) -> Option<(u64, Hash)> {
        let (text, signatures) = note.split_once("\n\n")?;
        let mut lines = text.lines().skip(1);
        let size = lines.next()?.parse().ok()?;
        let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        let own = self.text(size, &root);
        let signed = |key: &SigningKey| {
            let line = self.signature_line(key, &own);
            signatures.split_inclusive('\n').any(|found| found == line)
        };
        (format!("{text}\n") == own && self.keys.iter().any(signed)).then_some((size, root))
    }

    /// The signature lines of others that follow these keys' own in a note of the head with this checkpoint, as witnesses add
    /// them; `None` for a note of another head, or of keys that differ.
    pub(crate) fn lines_of_others<'a>(&self, note: &'a str, checkpoint: &str) -> Option<Vec<&'a str>> {
        let lines: Vec<&str> = note.strip_prefix(checkpoint)?.split_inclusive('\n').collect();
        let own = format!("\u{2014} {} ", self.origin);
        lines.iter().all(|line| !line.starts_with(&own)).then_some(lines)
    }

    /// `<name>+<key id>+<key>` of each key, the current one first: what a verifier needs to know.
    pub(crate) fn verifier_keys(&self) -> Vec<String> {
        let vkey = |key: &SigningKey| {
            let public = key.verifying_key();
            let mut typed = vec![ED25519];
            typed.extend_from_slice(public.as_bytes());
            let id = hex::encode(note_key_id(&self.origin, ED25519, public.as_bytes()));
            format!("{}+{id}+{}", self.origin, STANDARD.encode(typed))
        };
        self.keys.iter().map(vkey).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::empty_root;

    #[test]
    fn aud_6_a_checkpoint_has_the_lines_of_the_specification() {
        let signer = NoteSigner::new("sightline.example/ledger", &[[3; 32]]).unwrap();
        let note = signer.checkpoint(0, &empty_root());
        let lines: Vec<&str> = note.split('\n').collect();
        // SHA-256 of nothing, FIPS 180-4 test value, in base64.
        assert_eq!(&lines[..4], ["sightline.example/ledger", "0", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", ""]);
        assert!(lines[4].starts_with("\u{2014} sightline.example/ledger "));
        assert_eq!(&lines[5..], [""]);
        assert_eq!(signer.read_own(&note), Some((0, empty_root())));
        assert_eq!(signer.read_own(&note.replacen("\n0\n", "\n1\n", 1)), None);
    }

    #[test]
    fn a_name_that_would_break_the_note_is_refused() {
        for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b"] {
            assert!(NoteSigner::new(name, &[[3; 32]]).is_none(), "{name:?}");
        }
    }
}
