/*
 * An execution provider that takes no node, so that ONNX Runtime's own processor provider computes
 * all of them: enough to be registered, chosen and put into a session. Written from the documented
 * interface of plug-in libraries (onnxruntime.ai, "Plugin EP libraries"), version 23; only what is
 * used here is declared. Functions of OrtApi are found by their slots, which never change.
 *
 * -DOLD       refuses, as a plug-in does that was built for a newer ONNX Runtime
 * -DNO_DEVICE finds nothing to compute on
 * -DNO_ENTRY  lacks the entry points
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define API_VERSION 23
#define SLOT_CREATE_STATUS 0
#define SLOT_GET_EP_API 317
#define SLOT_CREATE_EP_DEVICE 0
#define ORT_FAIL 1

typedef struct {
  const void *const *(*get_api)(uint32_t version);
  const char *(*version)(void);
} ApiBase;

typedef struct Ep {
  uint32_t version;
  const char *(*name)(const struct Ep *);
  void *(*get_capability)(struct Ep *, const void *graph, void *support);
  void *(*compile)(struct Ep *, const void **, const void **, size_t, void **, void **);
  void (*release_compiled)(struct Ep *, void **, size_t);
  void *optional[8];
} Ep;

typedef struct Factory {
  uint32_t version;
  const char *(*name)(const struct Factory *);
  const char *(*vendor)(const struct Factory *);
  void *(*supported_devices)(struct Factory *, const void *const *hardware, size_t count,
                             void **devices, size_t most, size_t *found);
  void *(*create_ep)(struct Factory *, const void *const *hardware, const void *const *metadata,
                     size_t count, const void *options, const void *logger, Ep **ep);
  void (*release_ep)(struct Factory *, Ep *);
  uint32_t (*vendor_id)(const struct Factory *);
  const char *(*ep_version)(const struct Factory *);
  void *(*validate)(struct Factory *, const void *const *, size_t, const char *, int *);
  void *(*create_allocator)(struct Factory *, const void *, const void *, void **);
  void (*release_allocator)(struct Factory *, void *);
  void *(*create_data_transfer)(struct Factory *, void **);
  bool (*is_stream_aware)(const struct Factory *);
  void *(*create_stream)(struct Factory *, const void *, const void *, void **);
} Factory;

static const void *const *api;

static void *failure(const char *text) {
  void *(*create)(int, const char *) = (void *(*)(int, const char *))api[SLOT_CREATE_STATUS];
  return create(ORT_FAIL, text);
}

static const char *ep_name(const Ep *ep) { (void)ep; return "StubExecutionProvider"; }
static void *takes_nothing(Ep *ep, const void *graph, void *support) {
  (void)ep; (void)graph; (void)support;
  return NULL;
}
static void *compiles_nothing(Ep *ep, const void **a, const void **b, size_t n, void **c, void **d) {
  (void)ep; (void)a; (void)b; (void)n; (void)c; (void)d;
  return failure("there is nothing to compile");
}
static void releases_nothing(Ep *ep, void **a, size_t n) { (void)ep; (void)a; (void)n; }

static Ep the_ep = {API_VERSION, ep_name, takes_nothing, compiles_nothing, releases_nothing, {0}};

static const char *name(const Factory *f) { (void)f; return "StubExecutionProvider"; }
static const char *vendor(const Factory *f) { (void)f; return "Tarsier's tests"; }
static uint32_t vendor_id(const Factory *f) { (void)f; return 0; }
static const char *ep_version(const Factory *f) { (void)f; return "1.0.0"; }
static bool not_stream_aware(const Factory *f) { (void)f; return false; }

static void *supported_devices(Factory *f, const void *const *hardware, size_t count,
                               void **devices, size_t most, size_t *found) {
  *found = 0;
#ifndef NO_DEVICE
  const void *const *(*ep_api)(void) = (const void *const *(*)(void))api[SLOT_GET_EP_API];
  void *(*create)(Factory *, const void *, const void *, const void *, void **) =
      (void *(*)(Factory *, const void *, const void *, const void *, void **))
          ep_api()[SLOT_CREATE_EP_DEVICE];
  if (count > 0 && most > 0) {
    void *status = create(f, hardware[0], NULL, NULL, &devices[0]);
    if (status != NULL) return status;
    *found = 1;
  }
#else
  (void)f; (void)hardware; (void)count; (void)devices; (void)most;
#endif
  return NULL;
}

static void *create_ep(Factory *f, const void *const *hardware, const void *const *metadata,
                       size_t count, const void *options, const void *logger, Ep **ep) {
  (void)f; (void)hardware; (void)metadata; (void)count; (void)options; (void)logger;
  *ep = &the_ep;
  return NULL;
}
static void release_ep(Factory *f, Ep *ep) { (void)f; (void)ep; }
static void *validate(Factory *f, const void *const *d, size_t n, const char *info, int *fits) {
  (void)f; (void)d; (void)n; (void)info;
  *fits = 0;
  return NULL;
}
static void *no_allocator(Factory *f, const void *info, const void *options, void **allocator) {
  (void)f; (void)info; (void)options;
  *allocator = NULL;
  return NULL;
}
static void release_allocator(Factory *f, void *allocator) { (void)f; (void)allocator; }
static void *no_data_transfer(Factory *f, void **transfer) {
  (void)f;
  *transfer = NULL;
  return NULL;
}
static void *no_stream(Factory *f, const void *memory, const void *options, void **stream) {
  (void)f; (void)memory; (void)options;
  *stream = NULL;
  return NULL;
}

static Factory the_factory = {
    API_VERSION, name, vendor, supported_devices, create_ep, release_ep, vendor_id, ep_version,
    validate, no_allocator, release_allocator, no_data_transfer, not_stream_aware, no_stream};

#ifndef NO_ENTRY
__attribute__((visibility("default"))) void *CreateEpFactories(
    const char *registered, const ApiBase *base, const void *logger, Factory **factories,
    size_t most, size_t *found) {
  (void)registered; (void)logger;
  *found = 0;
  api = base->get_api(API_VERSION);
#ifdef OLD
  return failure("this plug-in needs version 99 of ONNX Runtime's API");
#endif
  if (most > 0) {
    factories[0] = &the_factory;
    *found = 1;
  }
  return NULL;
}

__attribute__((visibility("default"))) void *ReleaseEpFactory(Factory *factory) {
  (void)factory;
  return NULL;
}
#endif
