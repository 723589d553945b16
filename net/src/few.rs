//! The first few of many things are told one by one, the others only counted.

/// Which of the things of one kind are told.
///
/// ```
/// # use oxberry_net::FirstFew;
/// let mut few = FirstFew::of(2);
/// let told = few.among(["one", "two", "three", "four"]);
/// assert_eq!(told, ["one", "two"]);
/// assert_eq!(few.left_out(), 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstFew {
    most: u64,
    seen: u64,
}

impl FirstFew {
    /// So many are told.
    #[must_use]
    pub const fn of(most: u64) -> Self {
        Self { most, seen: 0 }
    }

    /// Counts another one, and says whether it is told.
    #[must_use]
    pub const fn tells(&mut self) -> bool {
        self.seen += 1;
        self.seen <= self.most
    }

    /// Counts all of these, and gives those that are told.
    pub fn among<T>(&mut self, things: impl IntoIterator<Item = T>) -> Vec<T> {
        let things = things.into_iter();
        things.filter(|_| self.tells()).collect()
    }

    /// Whether the last one counted was the last that is told.
    #[must_use]
    pub const fn is_used_up(&self) -> bool {
        self.seen == self.most
    }

    /// How many there were, told or not.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// How many were not told.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.seen.saturating_sub(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::FirstFew;

    #[test]
    fn the_first_are_told_and_the_others_counted() {
        let mut few = FirstFew::of(2);
        let told: Vec<_> = (0..4).map(|_| (few.tells(), few.is_used_up())).collect();
        let expected = [(true, false), (true, true), (false, false), (false, false)];
        assert_eq!(told, expected);
        assert_eq!((few.seen(), few.left_out()), (4, 2));
    }

    #[test]
    fn where_there_are_few_none_is_left_out() {
        let mut few = FirstFew::of(3);
        assert_eq!(few.among([5, 7]), [5, 7]);
        assert_eq!((few.seen(), few.left_out()), (2, 0));
        assert!(!few.is_used_up());
        assert_eq!(few.among([8, 9]), [8]);
        assert_eq!(few.left_out(), 1);
    }

    #[test]
    fn none_may_be_told_at_all() {
        let mut few = FirstFew::of(0);
        assert_eq!(few.among(["one"]), [""; 0]);
        assert_eq!(few.left_out(), 1);
    }
}
