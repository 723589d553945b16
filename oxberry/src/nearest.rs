//! What somebody may have meant.

/// The name that is nearest to what was typed; nothing where there are none.
pub(crate) fn nearest<'n>(names: impl Iterator<Item = &'n str>, typed: &str) -> &'n str {
    let upper = typed.to_uppercase();
    let nearest = names.min_by_key(|known| strsim::osa_distance(&upper, known));
    nearest.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_in_any_case() {
        let names = ["GOOG", "MSFT", "BRK A"];
        for (typed, meant) in [("goog", "GOOG"), ("MFST", "MSFT"), ("brk.a", "BRK A")] {
            assert_eq!(nearest(names.into_iter(), typed), meant);
        }
        assert_eq!(nearest([].into_iter(), "GOOG"), "");
    }
}
