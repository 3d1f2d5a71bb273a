//! The right name nearest to a wrong one.

/// The name most like `wrong`, if one is like it at all: at most a third of it has to be
/// changed, or it is a part of the right name, or its initials.
///
/// ```
/// use nn_layers::spec::nearest;
/// assert_eq!(nearest("linaer", ["linear", "relu"]), Some("linear"));
/// assert_eq!(nearest("smoothing", ["label_smoothing"]), Some("label_smoothing"));
/// assert_eq!(nearest("lr", ["momentum", "learning_rate"]), Some("learning_rate"));
/// assert_eq!(nearest("Leaky-ReLU", ["linear", "leaky_relu"]), Some("leaky_relu"));
/// assert_eq!(nearest("transformer", ["linear", "relu"]), None);
/// ```
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Case and separators are no part of a name's spelling.
    let letters = |name: &str| -> Vec<char> {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let wrong = letters(wrong);
    let unlikeness = |name: &str| {
        let right = letters(name);
        // `smoothing` for `label_smoothing`.
        let part = wrong.len() >= 4 && right.windows(wrong.len()).any(|part| part == wrong);
        // `lr` for `learning_rate`.
        let words = name.split(['_', '-', ' ']);
        let initials: String = words.filter_map(|word| word.chars().next()).collect();
        let abbreviated = wrong.len() >= 2 && letters(&initials) == wrong;
        if (part && wrong.len() < right.len()) || abbreviated {
            1
        } else {
            distance(&wrong, &right)
        }
    };
    names
        .into_iter()
        .map(|name| (unlikeness(name), name))
        .min_by_key(|(changes, _)| *changes)
        .filter(|(changes, _)| *changes <= (wrong.len() / 3).max(1))
        .map(|(_, name)| name)
}

/// Letters to insert, remove or replace, and neighbours to swap, to make one word the other (Damerau 1964).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted() {
        let count = |a: &str, b: &str| {
            distance(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        for (a, b, changes) in [
            ("", "", 0),
            ("", "abc", 3),
            ("relu", "relu", 0),
            ("rleu", "relu", 1),
            ("linar", "linear", 1),
            ("kitten", "sitting", 3),
            ("größe", "grosse", 3),
        ] {
            assert_eq!((count(a, b), count(b, a)), (changes, changes), "{a} {b}");
        }
    }

    #[test]
    fn the_likely_name_is_found_and_nonsense_is_not() {
        let names = ["learning_rate", "momentum", "weight_decay", "type"];
        for (wrong, right) in [
            ("learning_rat", Some("learning_rate")),
            ("Learning-Rate", Some("learning_rate")),
            ("lr", Some("learning_rate")),
            ("wieght_decay", Some("weight_decay")),
            ("tpye", Some("type")),
            ("colour", None),
        ] {
            assert_eq!(nearest(wrong, names), right, "{wrong}");
        }
    }
}
