//! Fictional plates in the formats of twelve states. Serials are drawn numbers: a match with a plate that was issued
//! somewhere is chance, and says nothing about it.

use domain::State;
use std::sync::LazyLock;

/// A state as the city knows it.
pub(crate) struct StateFormat {
    /// Two letters.
    pub(crate) letters: &'static str,
    /// As written on the plate's header.
    pub(crate) title: &'static str,
    /// `N` is a digit, `A` a letter, anything else separates. Later formats are used when the first is used up.
    formats: &'static [&'static str],
    /// How many of a hundred residents, and of a hundred visitors, carry it.
    pub(crate) residents: u32,
    pub(crate) visitors: u32,
    pub(crate) look: Look,
}

/// Colours of a plate: background above and below, characters, header.
pub(crate) struct Look {
    pub(crate) top: u32,
    pub(crate) bottom: u32,
    pub(crate) ink: u32,
    pub(crate) header: u32,
    /// A coloured band behind the header, or none.
    pub(crate) band: Option<u32>,
}

const fn look(top: u32, bottom: u32, ink: u32, header: u32, band: Option<u32>) -> Look {
    Look { top, bottom, ink, header, band }
}

const fn state(
    letters: &'static str,
    title: &'static str,
    formats: &'static [&'static str],
    residents: u32,
    visitors: u32,
    look: Look,
) -> StateFormat {
    StateFormat { letters, title, formats, residents, visitors, look }
}

/// The first is the city's own state.
pub(crate) const STATES: [StateFormat; 12] = [
    state("CA", "California", &["NAAANNN"], 78, 40, look(0xfd_fdfd, 0xf1_f3f5, 0x1d_2a6b, 0xb3_202c, None)),
    state("NV", "Nevada", &["AAA NNN", "NNA NNN"], 4, 12, look(0xc9_dcea, 0xe9_e4d4, 0x20_305f, 0x22_407a, None)),
    state("OR", "Oregon", &["NNN AAA", "AAA NNN"], 4, 9, look(0xcf_e3ef, 0xf3_efdf, 0x23_336b, 0x2a_4c7c, None)),
    state("WA", "Washington", &["AAANNNN"], 3, 8, look(0xf6_f8fb, 0xdb_e7f3, 0x1f_2f66, 0xb0_2a37, None)),
    state("AZ", "Arizona", &["AAANNNN"], 3, 9, look(0xe7_d6d8, 0xf0_e2c4, 0x26_4d3b, 0x4a_2f77, None)),
    state("TX", "Texas", &["AAA-NNNN"], 2, 6, look(0xfb_fbfb, 0xef_f0f1, 0x14_1414, 0x1b_3a78, None)),
    state("UT", "Utah", &["ANN NAA", "AAA NNN"], 1, 4, look(0xf6_efe4, 0xf0_cfa4, 0x20_2020, 0x8d_2f1c, None)),
    state("ID", "Idaho", &["NA NNNNN"], 1, 3, look(0xdf_eaf3, 0xf5_f5f0, 0x1c_2d63, 0xa4_262c, Some(0xd9_e6f0))),
    state("CO", "Colorado", &["AAA-ANN"], 1, 3, look(0x1d_5138, 0x1d_5138, 0xf5_f6f4, 0xf5_f6f4, None)),
    state("NM", "New Mexico", &["AAA NNN", "NNN AAA"], 1, 2, look(0xf1_c62b, 0xf2_cb3d, 0xa3_2020, 0xa3_2020, None)),
    state("FL", "Florida", &["AAA ANN"], 1, 2, look(0xf9_fbf7, 0xee_f4ea, 0x17_603a, 0x17_603a, None)),
    state("NY", "New York", &["AAA-NNNN"], 1, 2, look(0xfa_fafa, 0xee_eeee, 0x17_254f, 0x17_254f, Some(0xd9_a23a))),
];

/// Letters that plates use: `I` and `Q` are left out.
const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNOPRSTUVWXYZ";
/// A prime that no format's number of serials is a multiple of, so that multiplying never maps two serials to one.
const SPREAD: u128 = 2_654_435_761;

pub(crate) fn state_index(letters: &str) -> usize {
    STATES.iter().position(|state| state.letters == letters).unwrap_or(0)
}

/// The domain's code of each state.
pub(crate) fn state_code(index: usize) -> State {
    static CODES: LazyLock<Vec<State>> = LazyLock::new(|| {
        STATES.iter().map(|state| State::us(state.letters).expect("two letters make a code")).collect()
    });
    CODES[index % STATES.len()]
}

fn serials(format: &str) -> u128 {
    format
        .bytes()
        .map(|kind| match kind {
            b'A' => 24,
            b'N' => 10,
            _ => 1,
        })
        .product()
}

/// The plate of a vehicle, without separators. Vehicles of one state have different plates as long as there are serials.
pub(crate) fn plate_text(key: u64, state: usize, vehicle: u32) -> String {
    let formats = STATES[state % STATES.len()].formats;
    let mut number = u128::from(vehicle);
    let mut format = formats[0];
    for candidate in formats {
        format = candidate;
        if number < serials(candidate) {
            break;
        }
        number -= serials(candidate);
    }
    let space = serials(format);
    let mut serial = (number % space * SPREAD + u128::from(key)) % space;
    let mut text = Vec::with_capacity(format.len());
    for kind in format.bytes().rev() {
        match kind {
            b'A' => {
                text.push(LETTERS[(serial % 24) as usize]);
                serial /= 24;
            }
            b'N' => {
                text.push(b'0' + (serial % 10) as u8);
                serial /= 10;
            }
            _ => {}
        }
    }
    text.reverse();
    String::from_utf8(text).unwrap_or_default()
}

/// A plate as it is written on the metal, with its state's separator; unchanged where it has none.
pub(crate) fn with_separator(state: usize, plate: &str) -> String {
    let fits = |format: &&&str| {
        let kinds = format.bytes().filter(u8::is_ascii_uppercase);
        kinds.clone().count() == plate.len()
            && kinds.zip(plate.bytes()).all(|(kind, byte)| (kind == b'N') == byte.is_ascii_digit())
    };
    let formats = STATES[state % STATES.len()].formats;
    let Some(format) = formats.iter().find(fits) else { return plate.to_owned() };
    let mut left = plate.chars();
    format.chars().map(|kind| if kind.is_ascii_uppercase() { left.next().unwrap_or(' ') } else { kind }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn plates_of_one_state_are_all_different_and_look_like_its_format() {
        for (index, state) in STATES.iter().enumerate() {
            let mut seen = HashSet::new();
            for vehicle in (0..200_000).step_by(13) {
                let plate = plate_text(99, index, vehicle);
                assert!((6..=8).contains(&plate.len()), "{}: {plate}", state.letters);
                assert!(seen.insert(plate), "{} repeats", state.letters);
            }
        }
        let plate = plate_text(99, 0, 17);
        let digits: Vec<bool> = plate.bytes().map(|byte| byte.is_ascii_digit()).collect();
        assert_eq!(digits, [true, false, false, false, true, true, true]);
    }

    #[test]
    fn separators_are_where_the_state_puts_them() {
        assert_eq!(with_separator(state_index("TX"), "ABC1234"), "ABC-1234");
        assert_eq!(with_separator(state_index("CA"), "1ABC234"), "1ABC234");
        assert_eq!(with_separator(state_index("TX"), "12"), "12");
    }
}
