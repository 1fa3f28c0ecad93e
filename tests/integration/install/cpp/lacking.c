/* Must not link: what it calls is in no library. */
int nobody_has_this(void);
extern const int evloom_entry __attribute__((visibility("default")));
const int evloom_entry = 1;
int lacking(void) { return nobody_has_this(); }
