//! What a delivery is about.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryKind {
    Post,
    /// A record of the catalogue, as it is when it is sent.
    Organization,
    Course,
    CourseRun,
}

impl DeliveryKind {
    const ALL: [Self; 4] = [Self::Post, Self::Organization, Self::Course, Self::CourseRun];

    /// As stored.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Organization => "organization",
            Self::Course => "course",
            Self::CourseRun => "course_run",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
