/* A clock that somebody else turns: wall and monotonic time of a process tree at RATE times their pace (fast_clock.py).
 *
 *   cc -O2 -shared -fPIC -o fast_clock.so fast_clock.c -ldl ; LD_PRELOAD=fast_clock.so FAST_CLOCK=FILE command
 *
 * FILE holds one struct turned, mapped by all: told = base + (raw - raw0) * rate. The rate may change while they run;
 * waits are cut in slices, so that each ends at its own hour by the told clock. fsync and fdatasync take sync_ms of told
 * time more: a disk that is slow. CPU clocks, and the times that the kernel writes on files, stay what they are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL
#define SLICE_NS 50000000LL /* ns of real time: how late a wait learns that the rate changed */
#define NEVER INT64_MAX

struct turned {
    volatile uint64_t version; /* odd while it is written */
    int64_t raw0, wall0, mono0, rate, sync_ms;
};

static struct turned still = {0, 0, 0, 0, 1, 0}, *clk = &still;

static int64_t ns_of(const struct timespec *t) { return t->tv_sec * NS + t->tv_nsec; }
static struct timespec spec(int64_t ns) { return (struct timespec){ns / NS, ns % NS}; }

static int64_t kernel(clockid_t id) {
    struct timespec t;
    syscall(SYS_clock_gettime, id, &t);
    return ns_of(&t);
}

__attribute__((constructor)) static void map(void) {
    const char *path = getenv("FAST_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *found = fd < 0 ? MAP_FAILED : mmap(0, sizeof still, PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    if (found != MAP_FAILED) clk = found;
}

static struct turned seen(void) {
    for (;;) {
        uint64_t before = __atomic_load_n(&clk->version, __ATOMIC_ACQUIRE);
        struct turned now = *clk;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (!(before & 1) && before == clk->version) return now;
    }
}

static int is_wall(clockid_t id) { return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI; }
static int is_mono(clockid_t id) {
    return id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_RAW || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_BOOTTIME;
}

static int64_t told(clockid_t id) {
    struct turned now = seen();
    if (clk == &still || (!is_wall(id) && !is_mono(id))) return kernel(id);
    return (is_wall(id) ? now.wall0 : now.mono0) + (kernel(CLOCK_MONOTONIC) - now.raw0) * now.rate;
}

/* Of a wait that ends at *until* by clock *id*: the next slice of it, in real ns. */
static int64_t slice(clockid_t id, int64_t until) {
    int64_t left, now;
    if (until == NEVER) return NEVER;
    now = told(id);
    left = until <= now ? 0 : (until - now) / seen().rate + 1;
    return left < SLICE_NS ? left : SLICE_NS;
}

static int64_t in(int64_t ns) { return ns < 0 || ns > (1LL << 61) ? NEVER : told(CLOCK_MONOTONIC) + ns; }

int clock_gettime(clockid_t id, struct timespec *t) {
    if (!is_wall(id) && !is_mono(id)) return syscall(SYS_clock_gettime, id, t);
    *t = spec(told(id));
    return 0;
}
int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    int64_t now = told(CLOCK_REALTIME);
    (void)zone;
    *t = (struct timeval){now / NS, now % NS / 1000};
    return 0;
}
time_t time(time_t *t) {
    time_t now = told(CLOCK_REALTIME) / NS;
    if (t) *t = now;
    return now;
}

static int sleep_until(clockid_t id, int64_t until) {
    int64_t next;
    while ((next = slice(id, until)) > 0) {
        struct timespec t = spec(next);
        if (syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL)) return errno;
    }
    return 0;
}
int clock_nanosleep(clockid_t id, int flags, const struct timespec *t, struct timespec *rest) {
    int64_t until = flags & TIMER_ABSTIME ? ns_of(t) : told(id) + ns_of(t);
    int failed = sleep_until(id, until);
    if (failed && rest && !(flags & TIMER_ABSTIME)) {
        int64_t left = until - told(id);
        *rest = spec(left > 0 ? left : 0);
    }
    return failed;
}
int nanosleep(const struct timespec *t, struct timespec *rest) {
    int failed = clock_nanosleep(CLOCK_MONOTONIC, 0, t, rest);
    if (!failed) return 0;
    errno = failed;
    return -1;
}
int usleep(useconds_t us) {
    struct timespec t = spec(us * 1000LL);
    return nanosleep(&t, NULL);
}
unsigned sleep(unsigned s) {
    struct timespec t = {s, 0};
    return nanosleep(&t, &t) ? t.tv_sec : 0;
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask) {
    int64_t until = timeout ? in(ns_of(timeout)) : NEVER;
    for (;;) {
        int64_t next = slice(CLOCK_MONOTONIC, until);
        struct timespec t = spec(next == NEVER ? 0 : next);
        int found = syscall(SYS_ppoll, fds, n, next == NEVER ? NULL : &t, mask, sizeof(uint64_t));
        if (found || !next) return found;
    }
}
int poll(struct pollfd *fds, nfds_t n, int ms) {
    struct timespec t = spec(ms * 1000000LL);
    return ppoll(fds, n, ms < 0 ? NULL : &t, NULL);
}
int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t size) {
    (void)size;
    return poll(fds, n, ms);
}
int epoll_pwait(int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask) {
    int64_t until = ms < 0 ? NEVER : in(ms * 1000000LL);
    for (;;) {
        int64_t next = slice(CLOCK_MONOTONIC, until);
        int wait = next == NEVER ? -1 : (int)((next + 999999) / 1000000);
        int found = syscall(SYS_epoll_pwait, fd, events, most, wait, mask, sizeof(uint64_t));
        if (found || !next) return found;
    }
}
int epoll_wait(int fd, struct epoll_event *events, int most, int ms) { return epoll_pwait(fd, events, most, ms, NULL); }
int select(int n, fd_set *r, fd_set *w, fd_set *x, struct timeval *timeout) {
    int64_t until = timeout ? in(timeout->tv_sec * NS + timeout->tv_usec * 1000LL) : NEVER;
    fd_set in_[3];
    fd_set *sets[3] = {r, w, x};
    for (int i = 0; i < 3; i++)
        if (sets[i]) in_[i] = *sets[i];
    for (;;) {
        int64_t next = slice(CLOCK_MONOTONIC, until);
        struct timespec t = spec(next == NEVER ? 0 : next);
        for (int i = 0; i < 3; i++)
            if (sets[i]) *sets[i] = in_[i];
        int found = syscall(SYS_pselect6, n, r, w, x, next == NEVER ? NULL : &t, NULL);
        if (found || !next) return found;
    }
}

/* Waits for a lock or a word: glibc's own, a slice at a time by the real clock. */
static struct timespec real_in(clockid_t id, int64_t ns) { return spec(kernel(id) + ns); }

int sem_clockwait(sem_t *sem, clockid_t id, const struct timespec *until) {
    static int (*next_)(sem_t *, clockid_t, const struct timespec *);
    if (!next_) next_ = dlsym(RTLD_NEXT, "sem_clockwait");
    for (;;) {
        int64_t next = slice(id, ns_of(until));
        struct timespec t = real_in(CLOCK_MONOTONIC, next);
        if (!next_(sem, CLOCK_MONOTONIC, &t)) return 0;
        if (errno != ETIMEDOUT || !next) return -1;
    }
}
int sem_timedwait(sem_t *sem, const struct timespec *until) { return sem_clockwait(sem, CLOCK_REALTIME, until); }
int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *lock, clockid_t id, const struct timespec *until) {
    static int (*next_)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
    if (!next_) next_ = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
    for (;;) {
        int64_t next = slice(id, ns_of(until));
        struct timespec t = real_in(CLOCK_MONOTONIC, next);
        int failed = next_(cond, lock, CLOCK_MONOTONIC, &t);
        if (failed != ETIMEDOUT || !next) return failed;
    }
}
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *until) {
    /* Which of its two clocks a condition is on it does not say; an hour of the wall is far from one of the other. */
    int64_t by_wall = llabs(ns_of(until) - told(CLOCK_REALTIME)), by_mono = llabs(ns_of(until) - told(CLOCK_MONOTONIC));
    return pthread_cond_clockwait(cond, lock, by_wall < by_mono ? CLOCK_REALTIME : CLOCK_MONOTONIC, until);
}

static int synced(const char *name, int fd) {
    int (*next_)(int) = dlsym(RTLD_NEXT, name);
    int64_t more = seen().sync_ms;
    if (more) sleep_until(CLOCK_MONOTONIC, told(CLOCK_MONOTONIC) + more * 1000000LL);
    return next_(fd);
}
int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }
