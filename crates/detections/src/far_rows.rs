//! Reading rows that lie far apart: what is far away is asked for together, and looked for where it should be.

use crate::columns::EVENT_GROUP_ROWS;
use crate::segment::Reader;

impl Reader<'_> {
    /// Reads something of each column of some rows. The loads do not wait for one another, so that what is far away
    /// comes all at once, where making one row after another would wait for each column in turn.
    pub(crate) fn touch(&self, rows: impl Iterator<Item = usize>) {
        let view = &self.view;
        let mut sum = 0_u64;
        for row in rows {
            let numbers = [
                view.id_low[row],
                view.time_low[row],
                view.receive_low[row],
                view.lat_e7[row].cast_unsigned(),
                view.lon_e7[row].cast_unsigned(),
                u32::from(view.origin[row]),
                u32::from(view.vehicle[row]),
                u32::from(view.confidence[row]),
                u32::from(view.state[row]),
                u32::from(view.flags[row]),
                u32::from(view.photos_stored[row]),
                u32::from(view.photos_at_camera[row]),
            ];
            let bytes =
                [view.time_mid, view.receive_mid, view.id_mid].map(|mid| mid.get(row).copied().unwrap_or_default());
            let key = view.plate_key.get(view.plate[row].place()).copied().unwrap_or_default();
            let event = view.event_group[row / EVENT_GROUP_ROWS] as usize + usize::from(view.event_offset[row]);
            let event = view.event_bytes.get(event).copied().unwrap_or_default();
            let vehicle = self.vehicle_number(row);
            let tables = [view.vehicle_make, view.vehicle_model, view.vehicle_colour].map(|table| table[vehicle]);
            let reading = view.reading_row.get(self.reading_guess(row)).map_or(0, |reading| reading.get());
            let vehicle = tables.into_iter().chain([view.vehicle_year[vehicle].cast_unsigned(), reading]);
            let small = bytes.into_iter().chain([event]).fold(0, |sum: u64, byte| sum.wrapping_add(byte.into()));
            sum = numbers
                .into_iter()
                .chain(vehicle)
                .fold(sum ^ key ^ small, |sum, number| sum.wrapping_add(number.into()));
        }
        std::hint::black_box(sum);
    }

    /// The same of time and id only.
    pub(crate) fn touch_times(&self, rows: impl Iterator<Item = usize>) {
        let view = &self.view;
        let mid = |column: &[u8], row: usize| u32::from(column.get(row).copied().unwrap_or_default());
        let of_row = |row: usize| {
            [view.time_low[row], mid(view.time_mid, row), view.id_low[row], mid(view.id_mid, row)]
                .into_iter()
                .fold(u32::from(view.origin[row]), u32::wrapping_add)
        };
        std::hint::black_box(rows.map(of_row).fold(0, u32::wrapping_add));
    }

    /// The place of the first reading of a row in `reading.*`. Rows with readings are about evenly spread, so it is looked
    /// for where it should be first, and then further and further around: few far reads of memory, not one for each halving.
    pub(crate) fn first_reading(&self, row: usize) -> usize {
        let rows = self.view.reading_row;
        let is_before = |at: usize| rows[at].place() < row;
        let guess = self.reading_guess(row);
        let mut step = 8;
        let (low, high) = if guess < rows.len() && is_before(guess) {
            let mut low = guess + 1;
            while low + step < rows.len() && is_before(low + step) {
                low += step + 1;
                step *= 2;
            }
            (low, rows.len().min(low + step))
        } else {
            let mut high = rows.len().min(guess);
            while high >= step && !is_before(high - step) {
                high -= step;
                step *= 2;
            }
            (high.saturating_sub(step), high)
        };
        low + rows[low..high].partition_point(|other| other.place() < row)
    }

    fn reading_guess(&self, row: usize) -> usize {
        row * self.view.reading_row.len() / self.rows.max(1)
    }
}

#[cfg(test)]
mod tests {
    use crate::encode::encode;
    use crate::row::RowRef;
    use crate::segment::Segment;
    use domain::{PlateText, Reading};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_readings_of_a_row_are_found_however_they_are_spread(
            counts in prop::collection::vec(prop_oneof![8 => Just(0_usize), 1 => 1..4_usize], 1..400),
            dense in 0..400_usize,
        ) {
            let news: Vec<_> = counts.iter().enumerate().map(|(at, count)| {
                let count = if at >= dense { *count } else { 2 };
                let reading = |number: usize| Reading { plate: PlateText::normalise(&format!("R{at}X{number}")).unwrap(), confidence: 7 };
                domain::NewDetection {
                    readings: (0..count).map(reading).collect(),
                    ..crate::tests::support::read(&format!("e{at}"), "ABC123")
                }
            }).collect();
            let rows: Vec<RowRef<'_>> = news.iter().map(|new| RowRef::of_new(new, new.scan_time)).collect();
            let segment = Segment::in_memory(encode(&rows)).unwrap();
            let reader = segment.read().unwrap();
            for row in 0..reader.rows() {
                let plain = reader.view.reading_row.partition_point(|other| other.place() < row);
                prop_assert_eq!(reader.first_reading(row), plain);
            }
        }
    }
}
