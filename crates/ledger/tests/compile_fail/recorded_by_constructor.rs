use domain::UtcMicros;
use ledger::{EntryRef, Recorded};

fn main() {
    let entry = EntryRef { index: 0, time: UtcMicros(0), leaf_hash: [0; 32] };
    let _ = Recorded::new("an act", entry);
}
