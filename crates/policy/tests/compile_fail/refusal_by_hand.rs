//! A refusal, too, is only made by a decision: what is recorded as refused was asked.

use policy::Refusal;

fn forge() -> Refusal {
    Refusal { rule: String::new(), field: None, sentence: String::new(), unlock: None }
}

fn main() {}
