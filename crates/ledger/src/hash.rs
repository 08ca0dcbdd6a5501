//! The hash functions of the log. The only code that the writer and the verifier share.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Bytes of a [`Hash`].
pub const HASH_BYTES: usize = 32;

/// The hash of a log entry: `SHA-256(0x00 || entry)`, RFC 6962 section 2.1.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(entry).finalize().into()
}

/// The hash of an inner node: `SHA-256(0x01 || left || right)`, RFC 6962 section 2.1.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a log without entries: the hash of nothing, RFC 6962 section 2.1.
pub fn empty_root() -> Hash {
    Sha256::new().finalize().into()
}

/// What a public leaf says of a record: `SHA-256(salt || record)`. Without the salt nobody can try out plates against it.
pub fn commitment(salt: &[u8; 32], record: &[u8]) -> Hash {
    Sha256::new().chain_update(salt).chain_update(record).finalize().into()
}

/// The signature type of Ed25519 in a signed note (C2SP signed-note).
pub const ED25519: u8 = 0x01;
/// The signature type of a witness's timestamped Ed25519 cosignature (C2SP tlog-cosignature).
pub const COSIGNATURE: u8 = 0x04;

/// First four bytes of `SHA-256(name || 0x0A || signature type || public key)`: the key id of a signed note (C2SP signed-note).
pub fn note_key_id(name: &str, signature_type: u8, public_key: &[u8; 32]) -> [u8; 4] {
    let hash: Hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', signature_type])
        .chain_update(public_key)
        .finalize()
        .into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// A log's or witness's folder and monitoring path: `SHA-256(origin)`.
pub(crate) fn origin_hash(origin: &str) -> Hash {
    Sha256::digest(origin).into()
}
