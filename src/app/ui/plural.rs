/// `1 course`, `1,204 courses`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// `1,204`
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn thousands_are_grouped_and_one_is_singular() {
        assert_eq!(counted(0, "course", "courses"), "0 courses");
        assert_eq!(counted(1, "course", "courses"), "1 course");
        assert_eq!(counted(1_234_567, "course", "courses"), "1,234,567 courses");
    }
}
