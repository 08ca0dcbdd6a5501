use ledger::Recorded;

struct Act;

fn twice(recorded: Recorded<Act>) -> (Recorded<Act>, Recorded<Act>) {
    (recorded.clone(), recorded)
}

fn main() {}
