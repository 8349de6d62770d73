/*
 * The hold protocol (docs/holds.md) for a model checker: two replicas, one or two grants on one target, an outsider, and
 * whatever goes wrong. It is to be read beside src/operations/by-itself/hold-protocol.ts and lease.ts: each `atomic` is
 * one await of theirs and what is done until the next one, under the names of their functions. A number in brackets is a
 * rule. docs/holds-model.md says how it maps, and what is left out and why that does no harm.
 *
 * Time is a relation, not a number: a lease has run out or not, an instant has come or not. It passes whenever it may.
 */

/* ---- The bounds, and what goes on: set by -D (test/model/configurations.ts) ---- */

#ifndef GRANTS
#define GRANTS 2        /* on one target */
#endif
#ifndef FAULTS
#define FAULTS 1        /* of any kind, at any await */
#endif
/*
 * HELD_BEFORE  an outsider may have given it by hand before        REMOVES  and may take that away again
 * ADDS         an outsider adds the very same by hand, at any time
 * AHEAD        openings and ends are prepared ahead                EXTENDS  an end is moved once
 * CLOCK        replicas may lose the time                          LAG      `has` may answer as of before
 * LIES         a take is said to be done and is not                LATE     a call that was given up may happen later, as
 * EXPIRES      the system lets it lapse at the end it was told              late as the connector says
 * KEYS         the system does nothing twice for one key           SECRETS  a holder asks for one; takes leave something
 * GAP          a replica may stop between its last check and the send: 1 for less than a watch, 2 for longer and lives
 *              on, 3 for longer and may die of it
 * BEYOND_M     effects come later than any connector said: 1 within a watch, 2 whenever
 * RESTORE      the database is restored from a backup of before the first grant
 */

/* ---- Rules, to be left out one at a time: -DLEFT_OUT=R3_RUNS_OUT ---- */

#define R1_TOKEN 11     /* a lost token is noticed */
#define R1_NAMES 12     /* a write names the token */
#define R2_FITS 21      /* sent only while M fits into the lease */
#define R3_RUNS_OUT 31  /* not released after an unknown outcome */
#define R4_CALL 41      /* what is about to be called is written first */
#define R5_READ 51      /* join reads the grant again under the lease */
#define R5_ASK 52       /* the system is asked when nobody claims */
#define R5_OURS 53      /* while a give is watched nothing counts as held before */
#define R5_AGAIN 54     /* what was held before is asked again */
#define R5_MEANWHILE 55 /* also where the watch begins while the system is asked */
#define R6_CLAIM 61     /* the claim is written before the give */
#define R6_HELD 62      /* what was held before is not given */
#define R6_END 63       /* given with the latest end of all claims */
#define R6_READ 64      /* the grant is read once more right before the call */
#define R6_MOVES 65     /* the grant moves on before the lease is given back */
#define R6_INSTANT 66   /* nothing is given before its instant */
#define R7_READ 71      /* leave reads the grant again under the lease */
#define R7_INSTANT 72   /* nothing is taken before its instant */
#define R8_REMEMBERS 81 /* the hold remembers what the last to leave left */
#define R8_SAYS 82      /* whoever leaves next says it first */
#define R9_CLAIMS 91    /* nothing is taken while others claim it that are not over */
#define R9_HELD 92      /* what was held before is not taken */
#define R9_READ_BACK 93 /* read back that it is gone */
#define R11_CALL 111    /* a call that was found written is watched */
#define R11_SENT 112    /* what was sent under a token that is lost is watched */
#define R11_GOES_ON 113 /* a watch that was set anew meanwhile is not stopped */
#define R12_LAG 121     /* a lag is waited out */
#define R13_WATCH 131   /* a late call is watched for as long as it may be late */
#define R13_GONE 132    /* gone is not said while a late give may come */
#define R14_READ 141    /* a secret is made only of what is held */
#define R15_LEFT 151    /* what a take leaves over is written down */
#define KEYS_RAISED 161 /* a new call has a new key */
#define CLOCK_SURE 171  /* nothing is given by a clock that is not sure */

#ifndef LEFT_OUT
#define LEFT_OUT 0
#endif
#define keeps(rule) (LEFT_OUT != rule)

/* ---- Promises: those of test/simulation/auditor.ts, in bits, so that some may be TOLERATED ---- */

#define LEAKED 1
#define STUCK 2
#define STRIPPED 4
#define UNAPPROVED 8
#define LIED 16
#define RETURNED 32
#define INTERRUPTED 64
#define UNPUNCTUAL 128
#ifndef TOLERATED
#define TOLERATED 0
#endif
mtype = { leaked, stuck, stripped, unapproved, lied, returned, interrupted, unpunctual }

#define promise(bit, word, holds) \
  if \
  :: (TOLERATED & bit) == 0 && !(holds) -> printf("@!! %e\n", word); assert(false) \
  :: else \
  fi

/* ---- The database: the hold, and the grants ---- */

mtype = { give, take, join, leave, repair, lapse, make, tidy }
mtype = { gone, never_given, kept, left_open }
mtype = { ok, reply_lost, not_done, crashes }
mtype = { done, unknown, refused, never_works }
#define NONE 0
#define NOBODY 2

byte owner = NOBODY;    /* whose token is the newest; nobody's, of one who died or is done */
bool leased;            /* leaseUntil > $$NOW */
bool claim[2];
bool heldBefore;
mtype call = NONE;
bool watched, watchGave, watchOver;
byte lastLeft = NOBODY; /* who left last, and what that left */
mtype lastKind = NONE;

#define PENDING 0
#define GRANTING 1
#define ACTIVE 2
#define REVOKING 3
#define ENDED 4
byte st[2];
bool started[2];        /* giveAt has come */
byte end[2];            /* endsAt: 0 far, 1 within the lead, 2 come */
bool early[2];          /* takeAt is when somebody ended it, or gave it up */
bool wasActive[2];      /* activeAt is there */
byte tries[2];          /* of a revoking one; 3 is three or more */

/* ---- The system, the outsider, and what is under way ---- */

bool sys;               /* held there */
bool right, everRight;  /* an outsider gave it by hand and has not taken it away; or did so ever */
bool removed[2];        /* an outsider took it away by hand while this replica was at work */

#define STRAYS 3        /* calls of which nobody hears any more */
mtype stray[STRAYS];
byte bound[STRAYS];
#define BY_LEASE 1      /* happens within M, if ever: before the lease that was renewed for it can run out */
#define BY_WATCH 2      /* happens before a watch that looks for it can be over */
#define WHENEVER 3
#define any(what) (bound[0] == what || bound[1] == what || bound[2] == what)

#if defined(LATE) && LEFT_OUT != R13_WATCH || defined(BEYOND_M) && BEYOND_M == 1
#define STRAY BY_WATCH
#elif defined(LATE) || defined(BEYOND_M)
#define STRAY WHENEVER
#else
#define STRAY BY_LEASE
#endif
#ifdef LATE
#define IS_LATE true
#else
#define IS_LATE false
#endif
#if defined(GAP) && GAP != 1
#define STRAY_IN_GAP WHENEVER
#else
#define STRAY_IN_GAP BY_WATCH
#endif
#ifdef GAP
#define stopped_within_watch (GAP == 1 && (inGap[0] || inGap[1]))
#define ghost (watched && watchGave)
#else
#define stopped_within_watch false
#define ghost false
#endif

/* ---- What goes wrong ---- */

byte faults = FAULTS;
bool busy[2];           /* has a run under way, whose lease runs out only where it pauses */
bool inGap[2];          /* stopped between its last check and the send */
bool behind[2];         /* its sample of the time is old: its clock may be any time behind */
bool sawWatch[2];       /* the watch is still the one that it read */

/* ---- What only an auditor sees ---- */

bool gaveFor[2];        /* a give was sent for it */
bool isGiven[2];        /* and that it was done is written */
bool wasAway[2];        /* since its takeAt it was not held for a moment at least */

#define r _pid
#define me (65 + _pid)
#define open(x) (st[x] == GRANTING || st[x] == ACTIVE || st[x] == REVOKING)
/* Its holder may have it: to the end, also while that is being prepared. */
#define running(x) ((st[x] == ACTIVE || (st[x] == REVOKING && wasActive[x])) && !takeDue(x))
#define takeDue(x) (early[x] || end[x] == 2)

/* By the clock of a replica: never ahead, and behind where it lost the time. */
#define seesOver(x) (end[x] == 2 && !isBehind)
#define seesNear(x) (end[x] != 0 && !isBehind)
#define seesDue(x) (early[x] || seesOver(x))
/* It keeps nothing any more, and never will again. */
#define seesGone(x) (st[x] == ENDED || (st[x] == REVOKING && seesDue(x)))

#ifdef EXTENDS
bool owed[2], extended[2];
#define owes(x) owed[x]
#else
#define owes(x) false
#endif
#define isJoining(x) ((st[x] == GRANTING || (st[x] == ACTIVE && owes(x))) && !seesOver(x))

#ifdef LAG
bool lagging;           /* reads may still be of before the last change */
bool keptForLag;        /* [12] the lease is kept for as long */
#define IS_LAGGING lagging
#else
#define IS_LAGGING false
#endif

#ifdef SECRETS
bool isAsked, leftover, isLeftThere;
#endif

#ifdef EXPIRES
bool told[2], strayTold0[STRAYS], strayTold1[STRAYS];
#endif

#ifdef RESTORE
bool isRestored;
#endif

#ifdef KEYS
#define keyOfCall key
#define keyOfStray(i) strayKey[i]
byte intent, intentOf, usedGive, usedTake, strayKey[STRAYS];
bool isKnown = true;
#else
#define keyOfCall 0
#define keyOfStray(i) 0
#endif

/* ---- The system does what it is told ---- */

inline changes(isHeld) {
  sys = isHeld;
#ifdef LAG
  lagging = true;
#endif
  if
  :: !isHeld -> wasAway[0] = wasAway[0] || takeDue(0); wasAway[1] = wasAway[1] || takeDue(1)
  :: else
  fi
}

inline landGive() {
  promise(UNAPPROVED, unapproved, (st[0] != PENDING && started[0]) || (st[1] != PENDING && started[1]));
  if
  :: !sys -> promise(RETURNED, returned, open(0) || open(1)); changes(true)
  :: else
  fi
}

inline landTake() {
  if
  :: sys ->
    promise(INTERRUPTED, interrupted, !running(0) && !running(1));
    changes(false);
#ifdef SECRETS
    isLeftThere = true
#endif
  :: else
  fi
}

#ifdef KEYS
#define isNew(verb, no) (verb == give -> (usedGive & (1 << no)) == 0 : (usedTake & (1 << no)) == 0)
#else
#define isNew(verb, no) true
#endif

inline land(verb, no) {
  if
  :: !isNew(verb, no)
  :: isNew(verb, no) && verb == give ->
#ifdef KEYS
    usedGive = usedGive | (1 << no);
#endif
    landGive()
  :: isNew(verb, no) && verb == take ->
#ifdef KEYS
    usedTake = usedTake | (1 << no);
#endif
    landTake()
  fi
}

inline goesAstray(i, verb, by) {
  stray[i] = verb; bound[i] = by;
#ifdef KEYS
  strayKey[i] = key;
#endif
#ifdef EXPIRES
  strayTold0[i] = claim[0]; strayTold1[i] = claim[1]
#endif
}

inline strays(verb, by) {
  if
  :: stray[0] == NONE -> goesAstray(0, verb, by)
  :: stray[0] != NONE && stray[1] == NONE -> goesAstray(1, verb, by)
  :: else -> assert(stray[2] == NONE); goesAstray(2, verb, by)
  fi
}

/* ---- What becomes of a grant: domain/transition.ts ---- */

inline becomesDue(x) { wasAway[x] = !sys }

inline becomesRevoking(x) {
  st[x] = REVOKING; printf("@%cD grant %d turns revoking\n", me, x + 1)
}

inline givenUp(x) {
  early[x] = true; becomesDue(x); becomesRevoking(x)
}

inline becomesActive(x) {
  promise(INTERRUPTED, interrupted, sys || removed[r] || end[x] == 2);
  st[x] = ACTIVE; wasActive[x] = true; gaveFor[x] = false; isGiven[x] = false
}

inline becomesEnded(x, kind) {
  promise(LIED, lied, !(kind == never_given && gaveFor[x]));
  promise(LIED, lied, !(kind == gone && sys && !wasAway[x]));
  promise(LIED, lied, !((kind == gone || kind == never_given) && sys && !open(1 - (x)) && !right && !ghost));
  st[x] = ENDED;
  /* Nobody asks for these any more. */
  started[x] = true; early[x] = false; end[x] = 2; tries[x] = 0; gaveFor[x] = false; isGiven[x] = false; wasAway[x] = false; wasActive[x] = false
}

/* ---- An await, and its fate ---- */

inline ask() {
  if
  :: f = ok
  :: faults > 0 -> faults--;
    if
    :: f = reply_lost; printf("@%c~ the reply is lost\n", me)
    :: f = not_done; printf("@%c~ the request is lost\n", me)
    :: f = crashes; printf("@%c~ dies\n", me)
    fi
  fi
}
#define did (f != not_done)
/* [1] A write names the token, and changes nothing once that is old. */
#define writes (did && (owner == r || !keeps(R1_NAMES)))

#define heard(throw) \
  if \
  :: f == ok \
  :: f == crashes -> goto dies \
  :: else -> f = ok; goto throw \
  fi

/* Of a write under the token: [1] null is LeaseLost; [11] an error after a call was sent is watched. */
#define written(throw) \
  if \
  :: f == ok && (owner == r || !keeps(R1_TOKEN) || !keeps(R1_NAMES)) \
  :: f == ok && owner != r && keeps(R1_TOKEN) && keeps(R1_NAMES) -> printf("@%c~ its token is old\n", me); goto lost \
  :: f == crashes -> goto dies \
  :: (f == reply_lost || f == not_done) && sent == NONE -> f = ok; goto throw \
  :: (f == reply_lost || f == not_done) && sent != NONE -> f = ok; goto watchesAndThrows \
  fi

/* The system is asked. */
#define has(throw) \
  if \
  :: isThere = sys; printf("@%cS has? %d\n", me, isThere) \
  :: IS_LAGGING -> isThere = !sys; printf("@%cS has? %d, as of before\n", me, isThere) \
  :: faults > 0 -> faults--; \
    if \
    :: printf("@%c~ no answer whether it is held\n", me); goto throw \
    :: printf("@%c~ dies\n", me); goto dies \
    fi \
  fi

/* [5] What may have come by a give that is watched was not there before. */
#define isOurs (watched && watchGave && keeps(R5_OURS) && keeps(R5_MEANWHILE))

/* What the clock of this replica says at this await. */
inline looks() {
  if
  :: isBehind = false
  :: behind[r] -> isBehind = true
  fi
}

inline knowsWatch() {
  wGave = watched && watchGave && (job == repair || (job == leave && IS_LATE) || (job == join && !keeps(R5_MEANWHILE)));
  wOver = watchOver && (job == repair || (job == leave && IS_LATE));
  sawWatch[r] = (job == repair)
}

inline setWatch(gave) {
  watched = true; watchGave = watchGave || gave; watchOver = false; sawWatch[0] = false; sawWatch[1] = false;
  heldBefore = heldBefore && !isOurs
}

/* [12] A known outcome gives the lease back, or keeps it for as long as reads may lag. */
inline givesBack() {
  leased = false;
#ifdef LAG
  leased = lagging && keeps(R12_LAG); keptForLag = leased
#endif
}

inline announces(verb) {
  leased = true;
  if :: keeps(R4_CALL) -> call = verb :: else fi;
#ifdef KEYS
  key = (job == repair -> 9 : (verb == give -> 1 + g : 3 + g));
  if
  :: (!isKnown && intentOf == key && job != repair) || (intentOf != 0 && !keeps(KEYS_RAISED))
  :: else -> intent++
  fi;
  intentOf = key; isKnown = false; key = intent
#endif
}

inline claimed(isHeldBefore) {
  heldBefore = isHeldBefore && !isOurs; claim[g] = keeps(R6_CLAIM); leased = true;
#ifdef SECRETS
  leftover = false;
#endif
  if :: !isHeldBefore || !keeps(R6_HELD) -> announces(give) :: else fi;
  printf("@%cD claim %d, held before: %d\n", me, g + 1, heldBefore)
}

inline outcomeKnown() {
  call = NONE;
#ifdef KEYS
  isKnown = true
#endif
}

#ifdef KEYS
#define isMeant (intentOf == 3 + g)
#else
#define isMeant false
#endif

inline idles() {
  busy[r] = false; inGap[r] = false; sawWatch[r] = false; removed[r] = false;
  if :: owner == r -> owner = NOBODY :: else fi;
  g = 0; job = NONE; f = ok; sent = NONE; verb = NONE; out = NONE; kind = NONE;
  isBehind = false; hb = false; must = false; isAhead = false; isFresh = false; isThere = false;
  wOver = false; wGave = false; seesIt = false; isCaught = false; wasSure = false;
#ifdef KEYS
  key = 0
#endif
}

/* mayGive: by a clock that is sure of the time. */
#define mayJoin(x) (x < GRANTS && mayBegin && !leased && (st[x] == GRANTING || (st[x] == ACTIVE && owes(x) && end[x] == 0)) && \
  (behind[r] -> !keeps(CLOCK_SURE) : end[x] != 2))
#define mayLeave(x) (x < GRANTS && mayBegin && !leased && (st[x] == REVOKING || (st[x] == ACTIVE && end[x] != 0)))
#define mayLapse(x) (x < GRANTS && mayBegin && st[x] == GRANTING && end[x] == 2)
/* Both idle replicas are alike: it is the first that begins. */
#define mayBegin (r == 0 || busy[0] || behind[0] != behind[1])

active [2] proctype Replica() {
  byte g;
  mtype job, f = ok, sent, verb, out, kind;
  bool isBehind, hb, must, isAhead, isFresh, isThere, wOver, wGave, seesIt, isCaught, wasSure;
#ifdef KEYS
  byte key;
#endif

  goto sweep;
  atomic {
    skip;
dies:
idle:
    skip;
    d_step { idles() }
  };

/* ---- sweep and settle ---- */

sweep:
end_sweep:
  atomic {
    /* [10] While the lease is busy there is nothing to do but to come again. */
    if
    :: mayJoin(0) -> g = 0; job = join
    :: mayJoin(1) -> g = 1; job = join
    :: mayLeave(0) -> g = 0; job = leave
    :: mayLeave(1) -> g = 1; job = leave
    :: mayLapse(0) -> g = 0; job = lapse
    :: mayLapse(1) -> g = 1; job = lapse
    :: watched && mayBegin && !leased -> job = repair
#ifdef SECRETS
    :: st[0] == ACTIVE && mayBegin && !leased && !isAsked -> isAsked = true; job = make
    :: leftover && mayBegin && !leased -> job = tidy
#endif
    fi;
    busy[r] = true;
    seesIt = (job == leave && st[g] == REVOKING && takeDue(g));
#ifdef CLOCK
    wasSure = (job == join && !behind[r]);
#endif
    if :: job == lapse -> goto lapses :: else fi
  };

/* ---- Lease.take ---- */

  atomic {
    if :: leased -> goto idle :: else fi;
    ask();
    d_step {
      if
      :: did ->
        leased = true; owner = r; sawWatch[0] = false; sawWatch[1] = false; knowsWatch(); hb = (job == leave && heldBefore);
#ifdef LAG
        keptForLag = false;
#endif
        printf("@%cD lease, to %e %d\n", me, job, g + 1);
        /* [4] Where what was seen to be over claims alone its take is announced in the same write. */
        if
        :: seesIt && claim[g] && !claim[1 - g] && !heldBefore && call == NONE && !isMeant ->
          assert(st[g] == REVOKING || LEFT_OUT != 0); must = true; announces(take); printf("@%cD and about to leave %d\n", me, g + 1)
        :: else
        fi
      :: else
      fi
    };
    heard(idle);
    if :: call == NONE || must -> goto leasedIt :: else fi
  };
  /* [11] Whoever finds a call that nobody recorded has the hold watched. */
  atomic {
    ask();
    d_step {
      if
      :: writes ->
        if :: keeps(R11_CALL) -> setWatch(call == give) :: else fi;
        call = NONE; knowsWatch(); hb = hb && heldBefore; printf("@%cD a call stands written: watch\n", me)
      :: else
      fi
    };
    written(idle);
leasedIt:
    if
    :: job == join -> goto prepareToJoin
    :: job == leave -> goto prepareToLeave
    :: job == repair -> goto repairUnder
#ifdef SECRETS
    :: job == make -> goto handOver
    :: job == tidy -> goto tidyUnder
#endif
    fi
  };

/* ---- join ---- */

prepareToJoin:
  /* [5] Read the grant again under the lease; stop if it moved on, or if its end came first. */
  atomic {
    ask(); heard(throws); looks();
    seesIt = isJoining(g); isBehind = false;
    promise(UNPUNCTUAL, unpunctual, !seesIt || end[g] != 2 || (wasSure && behind[r]));
    if
    :: !seesIt && keeps(R5_READ) -> goto releases
    :: else -> seesIt = false
    fi;
    hb = heldBefore;
    if
    :: (claim[0] || claim[1]) && !(heldBefore && keeps(R5_AGAIN)) -> goto claims
    :: !claim[0] && !claim[1] && !keeps(R5_ASK) -> goto claims
    :: else
    fi
  };
  /* [5] Ask the system when nobody claims, or when it held before: that may only go from true to false. */
  atomic {
    has(throws);
    hb = isThere && (keeps(R5_MEANWHILE) || !wGave)
  };
claims:
  /* [6] Write heldBefore and the claim, with [4] what is about to be called. */
  atomic {
    isThere = false; wGave = false; isAhead = !started[g];
    ask();
    d_step {
      if
      :: writes -> claimed(hb)
      :: else
      fi
    };
    written(throws);
    if :: hb && isOurs -> hb = false :: else -> goto waits fi
  };
  /* [5] Or somebody said while the system was asked that a give of theirs came late: then what is there is ours. */
  atomic {
    ask();
    d_step {
      if
      :: writes -> claimed(false)
      :: else
      fi
    };
    written(throws)
  };
waits:
  /* [6] Nothing is given or shown before its instant: waitUntil(startOf(grant)). */
  atomic {
    if :: started[g] || !keeps(R6_INSTANT) fi;
    /* giveNow. [6] Read once more right before the call, unless that was less than 200 ms ago. */
    if
    :: !isAhead -> isFresh = true; seesIt = true
    :: isAhead && keeps(R6_READ) -> ask(); heard(throws); looks(); seesIt = isJoining(g); isBehind = false
    :: isAhead && !keeps(R6_READ) -> seesIt = true
    fi;
    if
    :: !seesIt -> goto calledOff
    :: seesIt && hb && keeps(R6_HELD) && isAhead -> seesIt = false; goto wasHeld
    :: seesIt && hb && keeps(R6_HELD) && !isAhead -> seesIt = false; isFresh = false; goto becomes
    :: else ->
      promise(UNPUNCTUAL, unpunctual, isFresh || st[g] == GRANTING || (st[g] == ACTIVE && owes(g)));
      promise(UNPUNCTUAL, unpunctual, isFresh || end[g] != 2 || (wasSure && behind[r]));
      seesIt = false; isFresh = false; isAhead = false; wasSure = false; verb = give; goto sends
    fi
  };

calledOff:
  /* Whoever ended it takes back what is claimed. */
  atomic {
    ask();
    d_step {
      if
      :: writes -> leased = false; if :: !hb -> outcomeKnown() :: else fi; printf("@%cD called off: release\n", me)
      :: else
      fi
    };
    written(throws);
    goto idle
  };

wasHeld:
  /* Read again: another may have it watched since, which says that it came by a give of ours. */
  atomic {
    ask();
    d_step { if :: writes -> hb = heldBefore :: else fi };
    written(throws);
    if :: !hb -> goto throws :: else fi
  };
  atomic {
    has(throws);
    if :: !isThere -> goto throws :: else -> isThere = false; isAhead = false fi
  };

becomes:
  /* record given, or told */
  atomic {
    ask();
    d_step {
      if
      :: did && st[g] == GRANTING && started[g] ->
        printf("@%cD grant %d is active\n", me, g + 1);
        becomesActive(g)
      :: did && st[g] == ACTIVE && owes(g) ->
#ifdef EXTENDS
        owed[g] = false; printf("@%cD grant %d: told of its end\n", me, g + 1)
#endif
      :: else
      fi
    };
    heard(throws)
  };
  atomic {
    ask();
    d_step {
      if
      :: writes -> if :: hb -> leased = false :: else -> givesBack() fi; printf("@%cD release\n", me)
      :: else
      fi
    };
    written(throws);
    goto idle
  };

gave:
  /* [6] The grant moves on before the lease is given back. */
  atomic {
    ask();
    d_step {
      if
      :: writes -> isGiven[g] = true; outcomeKnown(); if :: !keeps(R6_MOVES) -> leased = false :: else fi; printf("@%cD outcome known\n", me)
      :: else
      fi
    };
    written(throws);
    goto becomes
  };

/* ---- leave ---- */

prepareToLeave:
  /* [7] Read the grant again under the lease; one whose end is near turns revoking now. What is announced is over still. */
  atomic {
    seesIt = false;
    if
    :: must -> goto isOver
    :: else
    fi;
    ask(); looks();
    d_step {
      if
      :: did && st[g] == GRANTING && seesOver(g) -> givenUp(g)
      :: did && st[g] == ACTIVE && seesNear(g) -> becomesRevoking(g)
      :: else
      fi
    };
    isBehind = false;
    heard(throws);
    if :: st[g] != REVOKING && keeps(R7_READ) -> goto releases :: else fi;
isOver:
    if
    :: claim[g] && lastLeft != NOBODY && lastLeft != g && keeps(R8_SAYS)
    :: else -> goto decides
    fi
  };
  /* [8] Whoever left before may have died before its grant moved on: finishEarlier. */
  atomic {
    ask(); looks();
    d_step {
      if
      :: did && st[1 - g] == REVOKING && seesDue(1 - g) ->
        printf("@%cD grant %d left before, ended: %e\n", me, 2 - g, lastKind);
        becomesEnded(1 - g, lastKind)
      :: else
      fi
    };
    isBehind = false;
    if
    :: f == crashes -> goto dies
    :: f != crashes && (f != ok || st[1 - g] == REVOKING) && tries[g] < 3 -> f = ok; goto releasesAndOwes
    :: else -> f = ok
    fi;
decides:
    if :: must -> goto waitsToTake :: else fi;
    looks();
    must = claim[g] && (!claim[1 - g] || seesGone(1 - g) || !keeps(R9_CLAIMS)) && (!hb || !keeps(R9_HELD));
    isBehind = false; hb = hb && !must && claim[g];
    if
    :: must || !takeDue(g)
    :: else -> goto leavesUntaken
    fi
  };
  /* [4] What is about to be called is written first; [7] ahead of its instant, under a lease that lasts until then. */
  atomic {
    ask();
    d_step {
      if
      :: writes -> leased = true; hb = hb && heldBefore; if :: must -> announces(take) :: else fi;
        printf("@%cD about to leave %d, must take: %d\n", me, g + 1, must)
      :: else
      fi
    };
    written(throws)
  };
  /* [7] Nothing is called or shown before: waitUntil(takeAt). */
  atomic {
    skip;
waitsToTake:
    if :: takeDue(g) || !keeps(R7_INSTANT) || st[g] != REVOKING fi;
    if :: must -> must = false; verb = take; goto sends :: else fi
  };
leavesUntaken:
  /* [9] Read again: another may have it watched since, which says that it came by a give of ours. */
  atomic {
    if :: claim[g] -> skip :: else -> goto saysLeft fi;
    ask();
    d_step { if :: writes -> hb = heldBefore :: else fi };
    written(throws)
  };
saysLeft:
  /* [8] Not among the claims: take nothing. [9] Others claim, or it was held before: only my claim goes. */
  atomic {
    if
    :: claim[g] && !hb && !claim[1 - g] -> goto releasesAndOwes
    :: claim[g] && (hb || claim[1 - g]) -> kind = kept
    :: !claim[g] && lastLeft == g && keeps(R8_REMEMBERS) -> kind = lastKind
    :: else ->
      if
      :: !wasActive[g] -> kind = never_given
      :: wasActive[g] && (heldBefore || claim[1 - g]) -> kind = kept
      :: else -> kind = gone
      fi
    fi;
    ask();
    d_step {
      if
      /* [9] Only if it was held before still, by the same write. */
      :: writes && hb && !heldBefore -> kind = NONE
      :: writes && (!hb || heldBefore) ->
        leased = false; printf("@%cD unclaim %d, nothing to take: %e\n", me, g + 1, kind);
        promise(LIED, lied, kind != kept || claim[1 - g] || everRight);
        if :: claim[g] -> claim[g] = false; lastLeft = g; lastKind = kind :: else fi
      :: else
      fi;
      hb = false
    };
    written(throws);
    if :: kind == NONE -> goto releasesAndOwes :: else -> goto ends fi
  };

took:
#ifdef LAG
  /* [12] waitOutLag: its answer counts only once it cannot be of before the take. */
  atomic {
    if :: out == done && keeps(R12_LAG) :: else -> goto tookLate fi;
    ask();
    d_step { if :: writes -> outcomeKnown(); leased = true; printf("@%cD taken: wait out the lag\n", me) :: else fi };
    written(throws)
  };
  atomic {
    !lagging;
tookLate:
    if :: out != done -> goto finishes :: else fi
  };
#endif
#ifdef LATE
  atomic {
    if :: wGave -> skip :: else -> goto readsBack fi;
    ask();
    d_step { if :: writes -> knowsWatch() :: else fi };
    written(finishes)
  };
readsBack:
#endif
  /* [9] Read back that it is gone. [13] It is not, while an earlier give may still turn up. */
  atomic {
    if
    :: keeps(R9_READ_BACK) ->
      has(finishes);
      if :: isThere -> isThere = false; goto finishes :: else fi
    :: else
    fi
#ifdef LATE
  };
  atomic {
    /* By whoever watches then; whether that is over, as of before it was read back. */
    ask();
    d_step { if :: writes -> wGave = watched && watchGave; wOver = wOver && watchOver :: else fi };
    written(finishes);
    if :: wGave && !wOver && keeps(R13_GONE) -> goto finishes :: else fi
#endif
  };
  /* [9] Remove the claim, [15] with what the take left over. */
  atomic {
    wGave = false; wOver = false;
    ask();
    d_step {
      if
      :: writes ->
        outcomeKnown(); givesBack(); claim[g] = false; lastLeft = g; lastKind = gone;
#ifdef SECRETS
        leftover = keeps(R15_LEFT);
#endif
        printf("@%cD unclaim %d, taken: gone\n", me, g + 1)
      :: else
      fi
    };
    kind = gone;
    written(throws)
  };
ends:
  /* [9] Then move the grant on. */
  atomic {
    ask();
    d_step {
      if
      :: did && st[g] == REVOKING && takeDue(g) ->
        printf("@%cD grant %d ended: %e\n", me, g + 1, kind);
        becomesEnded(g, kind)
      :: else
      fi
    };
    heard(idle);
    goto idle
  };

/* ---- repair ---- */

repairUnder:
  atomic {
    if :: !watched -> goto unwatches :: else fi;
    has(throws);
    if
    :: isThere || heldBefore || (!claim[0] && !claim[1]) -> goto judges
    :: else
    fi
  };
  /* [11] Does any running grant claim it? */
  atomic {
    if
    :: claim[0] && end[0] != 2 -> ask(); heard(throws); seesIt = st[0] == ACTIVE
    :: else
    fi;
    if :: seesIt || !claim[1] -> goto judges :: else fi
  };
  atomic {
    if
    :: end[1] != 2 -> ask(); heard(throws); seesIt = st[1] == ACTIVE
    :: else
    fi;
judges:
    if
    :: seesIt -> verb = give
    :: !seesIt && isThere && !heldBefore && wGave && !claim[0] && !claim[1] -> verb = take
    :: else -> isThere = false; if :: wOver -> goto unwatches :: else -> goto releases fi
    fi;
    seesIt = false; isThere = false; wOver = false
  };
  atomic {
    ask();
    d_step { if :: writes -> announces(verb); printf("@%cD about to repair: %e\n", me, verb) :: else fi };
    written(throws);
    goto sends
  };

unwatches:
  /* Unless somebody set it anew: that one is not over. */
  atomic {
    ask();
    d_step {
      if
      :: writes ->
        leased = false;
        if :: sawWatch[r] || !keeps(R11_GOES_ON) -> watched = false; watchGave = false; watchOver = false :: else fi;
#ifdef SECRETS
        if :: !claim[0] && !claim[1] -> leftover = keeps(R15_LEFT) :: else fi;
#endif
        printf("@%cD it is quiet: watch no more\n", me)
      :: else
      fi
    };
    written(throws);
    goto idle
  };

#ifdef SECRETS
/* ---- handOver ---- */

handOver:
  /* [14] The grant read again, the claim there, and time left for a call before the end. */
  atomic {
    ask(); heard(throws);
    if :: !(st[0] == ACTIVE && end[0] == 0 && claim[0]) && keeps(R14_READ) -> goto releases :: else fi
  };
  atomic {
    has(throws);
    if :: !isThere && keeps(R14_READ) -> goto releases :: else -> isThere = false fi
  };
  atomic {
    ask();
    d_step { if :: writes -> announces(give); printf("@%cD about to make a secret\n", me) :: else fi };
    written(throws);
    verb = give;
    goto sends
  };
made:
  /* [14] The history says that it was shown before anybody sees it. */
  atomic {
    ask();
    heard(throws);
    goto finishes
  };

/* ---- tidy ---- */

tidyUnder:
  atomic {
    if
    :: claim[0] || claim[1] || !leftover -> kind = done
    :: !claim[0] && !claim[1] && leftover && watched -> kind = NONE
    :: else ->
      if
      :: printf("@%cS tidy\n", me); kind = done; if :: !sys -> isLeftThere = false :: else fi
      :: faults > 0 -> faults--;
        if
        :: printf("@%cS tidy, no answer\n", me); kind = NONE; if :: !sys -> isLeftThere = false :: else fi
        :: printf("@%c~ dies\n", me); goto dies
        fi
      fi
    fi
  };
  atomic {
    ask();
    d_step { if :: writes -> leased = false; if :: kind == done -> leftover = false :: else fi; printf("@%cD release\n", me) :: else fi };
    written(idle);
    goto idle
  };
#endif

/* ---- Lease.#send ---- */

  atomic {
    skip;
sends:
    /* [2] Sent only while M still fits into the lease; renewed once if it does not. */
    if
    :: (leased && owner == r) || !keeps(R2_FITS) -> goto fits
    :: else -> goto renews
    fi
  };
renews:
  atomic {
    ask();
    d_step { if :: writes -> leased = true; printf("@%cD renew\n", me) :: else fi };
    written(throws)
  };
  atomic {
    if
    :: leased && owner == r
    :: else -> out = refused; goto outcome /* Not sent: this process was too slow. */
    fi;
fits:
#ifdef GAP
    if
    :: faults > 0 -> faults--; inGap[r] = true; printf("@%c~ stops right before the send\n", me)
    :: true -> goto goesOn
    fi
  };
  atomic {
    if :: GAP == 2 && inGap[r] -> faults = 0 :: else fi; /* It lives, and hears the database. */
goesOn:
#endif
    sent = verb;
    if
    :: verb == give && job == join ->
      promise(UNPUNCTUAL, unpunctual, !isGiven[g] || faults < FAULTS);
      gaveFor[0] = gaveFor[0] || (claim[0] && st[0] == GRANTING); gaveFor[1] = gaveFor[1] || (claim[1] && st[1] == GRANTING);
#ifdef EXPIRES
      told[0] = claim[0] && (keeps(R6_END) || g == 0); told[1] = claim[1] && (keeps(R6_END) || g == 1)
#endif
    :: else
    fi;
    if
    :: printf("@%cS %e\n", me, verb); land(verb, keyOfCall); out = done
    :: faults > 0 -> faults--;
      if
      :: printf("@%cS %e: done, and the reply is lost\n", me, verb); land(verb, keyOfCall); out = unknown
      :: printf("@%cs %e: no answer, and it is under way\n", me, verb); out = unknown;
        strays(verb, (leased && owner == r -> STRAY : STRAY_IN_GAP))
      :: printf("@%c~ %e: lost on its way\n", me, verb); out = unknown
      :: printf("@%cS %e: refused\n", me, verb); out = refused
      :: verb == give && job == join -> printf("@%cS give: refused for good\n", me); out = never_works
#ifdef LIES
      :: verb == take -> printf("@%cS take: said to be done, and is not\n", me); out = done
#endif
      :: printf("@%cS %e: done, and the process dies\n", me, verb); land(verb, keyOfCall); goto dies
      :: printf("@%cs %e: under way, and the process dies\n", me, verb);
        strays(verb, (leased && owner == r -> STRAY : STRAY_IN_GAP)); goto dies
      fi
    fi;
    inGap[r] = false;
outcome:
    if
    :: job == join && out == done -> goto gave
    :: job == leave && (out == done || IS_LAGGING) -> goto took
#ifdef SECRETS
    :: job == make && out == done -> goto made
#endif
    :: else -> goto finishes
    fi
  };

/* ---- Lease.finish ---- */

finishes:
  /* [3] After an unknown outcome the lease runs out by itself, and the call stays written. */
  atomic {
    ask();
    d_step {
      if
      :: writes && out == unknown ->
        if :: !keeps(R3_RUNS_OUT) -> leased = false :: else fi;
        if :: job == repair -> setWatch(wGave || verb == take) :: else fi;
        printf("@%cD outcome unknown: the call stays written\n", me)
      :: writes && out != unknown ->
        outcomeKnown(); givesBack();
        if :: job == repair -> setWatch(wGave || verb == take) :: else fi;
#ifdef SECRETS
        if :: job == repair && verb == take && out == done -> leftover = keeps(R15_LEFT) :: else fi;
#endif
        printf("@%cD release\n", me)
      :: else
      fi
    };
    written(throws);
    if :: job == join || job == leave :: else -> goto idle fi
  };
  goto notes;

releases:
  atomic {
    seesIt = false; isThere = false;
    ask();
    d_step { if :: writes -> leased = false; printf("@%cD release\n", me) :: else fi };
    written(throws);
    goto idle
  };

releasesAndOwes:
  atomic {
    ask();
    d_step { if :: writes -> leased = false; if :: must -> must = false; outcomeKnown() :: else fi; printf("@%cD release: the other is not said to be gone yet\n", me) :: else fi };
    written(throws)
  };

notes:
  /* owe: it is tried again; giving that can never work turns to taking back. */
  atomic {
    ask();
    d_step {
      if
      :: did && st[g] == GRANTING && out == never_works -> givenUp(g)
      :: did && st[g] == REVOKING && tries[g] < 3 && GRANTS == 2 -> tries[g]++
      :: else
      fi
    };
    heard(idle);
    goto idle
  };

/* ---- What was thrown ---- */

watchesAndThrows:
  /* [11] A write failed after a call was sent under it. */
  atomic {
    ask();
    d_step { if :: did && keeps(R11_SENT) -> setWatch(sent == give); printf("@%cD watch what was sent\n", me) :: else fi };
    if :: f == crashes -> goto dies :: else -> f = ok fi;
throws:
    if :: job == leave || isCaught -> goto idle :: else fi
  };
  /* Lease.abandon: released if nothing was sent under it, else left to run out. */
  atomic {
    isCaught = true; isThere = false; seesIt = false;
    ask();
    d_step {
      if
      :: writes && sent == NONE -> leased = false; printf("@%cD abandon: release\n", me)
      :: else
      fi
    };
    written(throws);
    if :: job == join -> goto notes :: else -> goto idle fi
  };

  atomic {
    skip;
lost:
    if :: sent == NONE || !keeps(R11_SENT) -> goto idle :: else fi
  };
  /* LeaseLost. [11] What was sent under it is watched. */
  atomic {
    ask();
    d_step { if :: did -> setWatch(sent == give); printf("@%cD watch what was sent\n", me) :: else fi };
    heard(throws);
    goto idle
  };

lapses:
  /* settle: its time was up before it could be given. */
  atomic {
    ask(); looks();
    d_step { if :: did && st[g] == GRANTING && seesOver(g) -> givenUp(g) :: else fi };
    goto idle
  };
}

/* ---- People, and time ---- */

#ifdef LAG
#define keeps_for_lag (keptForLag && lagging)
#else
#define keeps_for_lag false
#endif

#ifdef SECRETS
#define nothingLeft (!leftover && (!isLeftThere || sys))
#else
#define nothingLeft true
#endif

inline approved(x) {
  st[x] = GRANTING; printf("@OD grant %d is approved\n", x + 1);
#ifdef AHEAD
  skip
#else
  started[x] = true
#endif
}

inline passes(x) {
  if
#ifdef AHEAD
  :: st[x] != PENDING && !started[x] -> started[x] = true; printf("@T the start of grant %d\n", x + 1)
  :: open(x) && started[x] && end[x] == 0 && !early[x] -> end[x] = 1; printf("@T the end of grant %d is near\n", x + 1)
  :: open(x) && end[x] == 1 && !early[x] -> end[x] = 2; becomesDue(x); printf("@T the end of grant %d\n", x + 1)
#else
  :: open(x) && end[x] == 0 && !early[x] -> end[x] = 2; becomesDue(x); printf("@T the end of grant %d\n", x + 1)
#endif
  :: (st[x] == GRANTING || st[x] == ACTIVE) && end[x] != 2 ->
    st[x] = REVOKING; early[x] = true; becomesDue(x); printf("@OD grant %d is ended early\n", x + 1)
#ifdef EXTENDS
  :: st[x] == ACTIVE && end[x] != 2 && !extended[x] ->
    extended[x] = true; owed[x] = true; end[x] = 0; printf("@OD grant %d is extended\n", x + 1)
#endif
  fi
}

inline happens(i) {
  if
  :: printf("@+S %e happens late\n", stray[i]);
    land(stray[i], keyOfStray(i))
  :: printf("@+~ %e never happens\n", stray[i])
  fi;
  stray[i] = NONE; bound[i] = 0;
#ifdef KEYS
  strayKey[i] = 0
#endif
}

active proctype World() {
#ifdef HELD_BEFORE
  atomic { if :: right = true; everRight = true; sys = true; printf("@OS has it already\n") :: true fi };
#endif
end_world:
  do
  :: atomic { st[0] == PENDING -> approved(0) }
  /* Both grants are alike: it is the first that is approved first. */
  :: atomic { GRANTS == 2 && st[1] == PENDING && st[0] != PENDING -> approved(1) }
  :: atomic { passes(0) }
  :: atomic { passes(1) }
  /* [1] [2] A lease runs out: of one who is at work only where that pauses; never while a call that fitted may happen. */
  :: atomic {
      leased && !any(BY_LEASE) && !keeps_for_lag && (owner == NOBODY || !busy[owner] || inGap[owner]) ->
      leased = false; printf("@T the lease runs out\n")
    }
  :: atomic {
      leased && !any(BY_LEASE) && !keeps_for_lag && owner != NOBODY && busy[owner] && !inGap[owner] && faults > 0 ->
      faults--; leased = false; printf("@%c~ pauses, and the lease runs out\n", 65 + owner)
    }
  /* [11] A watch is over: never while what it was set for may happen. */
  :: atomic {
      watched && !watchOver && !any(BY_WATCH) && !any(BY_LEASE) && !stopped_within_watch && !IS_LAGGING ->
      watchOver = true; printf("@T the watch is over\n")
    }
  :: atomic { stray[0] != NONE -> happens(0) }
  :: atomic { stray[1] != NONE -> happens(1) }
  :: atomic { stray[2] != NONE -> happens(2) }
#ifdef LAG
  :: atomic { lagging -> lagging = false }
#endif
#ifdef CLOCK
  :: atomic { faults > 0 && !behind[0] -> faults--; behind[0] = true; printf("@A~ does not know the time\n") }
  :: atomic { faults > 0 && !behind[1] -> faults--; behind[1] = true; printf("@B~ does not know the time\n") }
  :: atomic { behind[0] -> behind[0] = false; printf("@A~ knows the time\n") }
  :: atomic { behind[1] -> behind[1] = false; printf("@B~ knows the time\n") }
#endif
#ifdef REMOVES
  :: atomic { right -> right = false; removed[0] = busy[0]; removed[1] = busy[1]; if :: sys -> changes(false) :: else fi; printf("@OS takes it away by hand\n") }
#endif
#ifdef ADDS
  :: atomic { !everRight -> everRight = true; right = true; if :: !sys -> changes(true) :: else fi; printf("@OS adds it by hand\n") }
#endif
#ifdef EXPIRES
  :: atomic {
      sys && (told[0] || told[1]) && (!told[0] || end[0] == 2) && (!told[1] || end[1] == 2) ->
      told[0] = false; told[1] = false; printf("@SS lets it lapse\n"); landTake()
    }
#endif
#ifdef RESTORE
  :: atomic {
      !isRestored && !busy[0] && !busy[1] && st[0] != PENDING && st[1] == PENDING ->
      isRestored = true; claim[0] = false; heldBefore = false; call = NONE; watched = false; watchGave = false; watchOver = false;
      lastLeft = NOBODY; lastKind = NONE; leased = false; owner = NOBODY; st[0] = ENDED; started[0] = true; end[0] = 2;
      early[0] = false; gaveFor[0] = false; isGiven[0] = false; wasAway[0] = false; wasActive[0] = false; tries[0] = 0;
      printf("@OD restores a backup of before grant 1\n")
    }
#endif
  od
}

/* When nobody can do anything any more. */
active proctype Auditor() {
  timeout;
  atomic {
    promise(STUCK, stuck, st[0] == ENDED && (GRANTS < 2 || st[1] == ENDED));
    promise(STUCK, stuck, !claim[0] && !claim[1] && !watched && nothingLeft);
    promise(LEAKED, leaked, !sys || right);
    promise(STRIPPED, stripped, sys || !right)
  }
}
