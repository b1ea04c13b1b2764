//! What a delivery is about.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryKind {
    Post,
    /// A record of the catalogue, as it is when it is sent.
    Organization,
    Course,
    CourseRun,
    /// What people here want a case's status and owner to be.
    Case,
}

impl DeliveryKind {
    const ALL: [Self; 5] = [Self::Post, Self::Organization, Self::Course, Self::CourseRun, Self::Case];

    /// As stored.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Organization => "organization",
            Self::Course => "course",
            Self::CourseRun => "course_run",
            Self::Case => "case",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
