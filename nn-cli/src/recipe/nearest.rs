//! The nearest right name for a misspelt one.

/// Number of single-character insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
/// (the restricted Damerau–Levenshtein distance).
pub fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substitution = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substitution.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// The one of `names` that `wrong` most likely means, if any is near enough to be worth suggesting.
///
/// Case and the difference between `-`, `_` and a blank do not count; an abbreviation such as `lr` for `learning_rate` is recognised.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |s: &str| -> String { s.to_lowercase().replace(['-', ' '], "_") };
    let wrong = plain(wrong);
    let length = wrong.chars().count();
    let mut best: Option<(usize, &str)> = None;
    for name in names {
        let candidate = plain(name);
        let initials: String = candidate
            .split('_')
            .filter_map(|part| part.chars().next())
            .collect();
        let abbreviated = length >= 2 && initials == wrong;
        let cut = length >= 3 && (candidate.starts_with(&wrong) || wrong.starts_with(&candidate));
        let distance = match candidate == wrong {
            true => 0,
            false if abbreviated || cut => 1,
            false => edit_distance(&wrong, &candidate),
        };
        let allowed = (length.max(candidate.chars().count()) / 3).max(1);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{edit_distance, nearest};

    #[test]
    fn distances_are_those_of_the_textbook() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("abc", "abc"), 0);
        assert_eq!(edit_distance("ab", "ba"), 1);
        assert_eq!(edit_distance("größe", "grosse"), 3);
    }

    #[test]
    fn the_likely_name_is_found_and_nonsense_is_not() {
        let names = ["learning_rate", "momentum", "weight_decay", "type"];
        assert_eq!(nearest("learning_rat", names), Some("learning_rate"));
        assert_eq!(nearest("Learning-Rate", names), Some("learning_rate"));
        assert_eq!(nearest("lr", names), Some("learning_rate"));
        assert_eq!(nearest("wieght_decay", names), Some("weight_decay"));
        assert_eq!(nearest("tpye", names), Some("type"));
        assert_eq!(nearest("colour", names), None);
    }
}
