"""wip"""


class Walk: ...
