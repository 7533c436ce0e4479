"""Which driver, or which way around it, would help on one host."""

from __future__ import annotations

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease
from torch_doctor.fixes.actions import by_hand
from torch_doctor.fixes.kinds import UpdateDriver, UseCompat
from torch_doctor.matrix.gpus import generations
from torch_doctor.matrix.law.arch import cubin_runs
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.machine import GpuTraits, Machine, last_driver
from torch_doctor.matrix.query import Floor, driver_floor
from torch_doctor.matrix.store import Matrix


class Drivers:
    """The cures that concern the driver; the rules see them as part of ``cures``."""

    _facts: Facts
    _matrix: Matrix

    @property
    def machine(self) -> Machine:
        """The host as the law sees it."""
        raise NotImplementedError

    def driver(
        self, minimum: str, *, exact_branch: bool = False, open_modules: bool | None = None
    ) -> Action:
        """Return how to get a driver of at least *minimum* here (with *exact_branch*: of that branch).

        *open_modules*: this flavour of the kernel modules is what the cure is about.
        """
        gpus = self.machine.gpus
        needs_closed = any(gpu.open_modules == "impossible" for gpu in gpus or ())
        # A GPU that nobody names is none that needs open modules, where it was seen under a driver before them.
        needs_closed = needs_closed or (not gpus and self._reports_old_driver)
        is_open = not needs_closed if open_modules is None else open_modules
        lasting = None if exact_branch else self._lasting_branch(minimum)
        ready = self._open_is_ready(lasting, minimum)
        return UpdateDriver(
            minimum, exact_branch, is_open, open_modules is not None, lasting, open_is_ready=ready
        )

    def _open_is_ready(self, branch: int | None, minimum: str) -> bool:
        """Whether the open modules of a branch serve every GPU that takes them: those of the first ones did not."""
        number = str(branch or minimum).partition(".")[0]
        ready = generations.changed_in("open-modules-for-desktops", self._matrix).branch
        return number.isdigit() and int(number) >= ready

    @property
    def usual_release(self) -> str:
        """The release to name where nobody names one: it has both flavours of the modules, and serves most GPUs."""
        row = generations.for_most(self._matrix)
        return row.first or str(row.branch)

    @property
    def _reports_old_driver(self) -> bool:
        driver, reports = self.machine.driver, self.machine.driver_reports
        first = generations.first_that_must_be_open(self._matrix)
        if driver is not None:
            return driver.branch < first.branch
        return reports is not None and reports < CudaVersion.parse(first.cuda)

    def _lasting_branch(self, minimum: str) -> int | None:
        """Return the newest branch with long support that has *minimum* and drives the GPUs: distributions keep it."""
        try:
            least = DriverRelease.parse(minimum).branch
        except ValueError:
            return None
        last = self._last_branch()
        ended = generations.first_end(self._matrix)
        if last is None and not self.machine.gpus and least <= ended:
            last = ended
        long = [row.branch for row in self._matrix.drivers if row.kind == "LTSB"]
        return max((b for b in long if b >= least and (last is None or b <= last)), default=None)

    def modules(self, *, is_open: bool) -> Action:
        """Return the other flavour of the kernel modules, of the same driver where its release is known."""
        release: DriverRelease | None = self._facts.value("driver_release")
        minimum = str(release or self.usual_release)
        return self.driver(minimum, exact_branch=release is not None, open_modules=is_open)

    def first_driver(self) -> Action:
        """Return how to get a driver where none is."""
        current = self.current_driver()
        return current._replace(there=False) if isinstance(current, UpdateDriver) else current

    def current_driver(self) -> Action:
        """Return how to get a driver for the newest CUDA here, or of the last branch that drives these GPUs."""
        newest = CudaVersion(max(row.major for row in self._matrix.cuda_majors), 0)
        floor = driver_floor(self._matrix, newest, self.machine.platform or "linux")
        last = self._last_branch()
        if floor is None or (last is not None and floor.driver.branch > last):
            return self.driver(str(last or newest), exact_branch=last is not None)
        return self.driver(str(floor.driver))

    def driver_for(self, cuda: CudaVersion, *, paired: bool = False) -> Action:
        """Return how to get a driver that serves *cuda* and drives the GPUs; *paired*: one as new as that toolkit."""
        floor = self._floor_from(cuda)
        if floor is None:
            return by_hand(f"install a driver that reports CUDA {cuda.major}.0 or newer")
        minimum = floor.driver
        if paired:
            branches = [row.branch for row in self._matrix.drivers if row.cuda == str(cuda)]
            newer = [
                row.branch for row in self._matrix.drivers if CudaVersion.parse(row.cuda) >= cuda
            ]
            branch = min(branches or newer, default=None)
            minimum = DriverRelease.parse(str(branch)) if branch else minimum
        firsts = [gpu.first_driver.release for gpu in self.machine.gpus or () if gpu.first_driver]
        minimum = max(minimum, *firsts) if firsts else minimum
        last = self._last_branch()
        if last is not None and minimum.branch > last:
            return by_hand(f"no driver helps: R{last} is the last branch for this GPU")
        return self.driver(str(minimum))

    def driver_after(self, served: CudaVersion) -> Action:
        """Return how to get a driver for the major after the one that a driver *served*: what a build asks at least."""
        majors = (row.major for row in self._matrix.cuda_majors)
        after = min((major for major in majors if major > served.major), default=None)
        return self.driver_for(CudaVersion(after or served.major + 1, 0))

    def _floor_from(self, cuda: CudaVersion) -> Floor | None:
        """Return the oldest driver on record for *cuda*, or for the next CUDA that has one."""
        platform = self.machine.platform or "linux"
        floor = driver_floor(self._matrix, cuda, platform)
        later = (CudaVersion.parse(row.version) for row in self._matrix.toolkits)
        for newer in sorted(each for each in later if each > cuda) if floor is None else ():
            floor = floor or driver_floor(self._matrix, newer, platform)
        return floor

    def driver_above(self, cuda: CudaVersion) -> Action | None:
        """Return how to get a driver that compiles PTX of a CUDA newer than *cuda*; None where none can."""
        newer = [
            row for row in self._matrix.drivers if row.cuda and CudaVersion.parse(row.cuda) > cuda
        ]
        last = self._last_branch()
        branches = [row.branch for row in newer if last is None or row.branch <= last]
        return self.driver(str(min(branches))) if branches else None

    @property
    def takes_compat(self) -> bool:
        """Whether every GPU here is known to be of the kinds that may run on a cuda-compat library."""
        gpus = self.machine.gpus or ()
        return bool(gpus) and all(gpu.eligible in ("yes", "some") for gpu in gpus)

    def driver_for_gpu(self, index: int | None) -> Action:
        """Return how to get a driver that drives one GPU, and serves the build that is there."""
        cuda: CudaVersion | None = self._facts.value("torch_cuda")
        for gpu in self.machine.gpus or ():
            if gpu.index != index:
                continue
            driver = self.machine.driver
            if gpu.last_branch and driver and driver.branch > gpu.last_branch:
                return self.driver(str(gpu.last_branch), exact_branch=True)
            if gpu.first_driver:
                return self.driver_for(cuda) if cuda else self.driver(str(gpu.first_driver.release))
        return self.current_driver()

    def compat_for(self, cuda: CudaVersion) -> tuple[Action, ...]:
        """Return the cuda-compat libraries of *cuda*, where every GPU here may use them; nothing elsewhere."""
        gpus = self.machine.gpus or ()
        eligible = bool(gpus) and all(gpu.eligible == "yes" for gpu in gpus)
        if not eligible or self.machine.platform not in (None, "linux"):
            return ()
        return (UseCompat(str(cuda)),)

    def _last_branch(self) -> int | None:
        last = last_driver(self.machine.gpus or ())
        return last.branch if last else None


def likely_gpu(torch: str | None, reports: CudaVersion | None, matrix: Matrix) -> GpuTraits:
    """Return a GPU that stands for one that nobody names: an Ampere, or the newest that may be there.

    That is one which a driver that *reports* this CUDA drives, and for which the release *torch* has code.
    """
    rows = [row for row in matrix.torch_builds if row.torch == torch and row.archs]
    likely = [
        one
        for one in _STAND_INS
        if reports is None
        or not (begins := generations.first_cuda(one, matrix))
        or reports >= begins
    ]
    for capability in likely:
        targets = (target for row in rows for target in build_of_row(row, matrix).targets or ())
        if any(cubin_runs(target, capability) for target in targets):
            return LIKELY._replace(capability=capability)
    return LIKELY._replace(capability=likely[0]) if likely else LIKELY


# From the likeliest on.
_STAND_INS = tuple(map(ComputeCapability.parse, ("8.6", "8.0", "7.5", "7.0", "6.0")))
LIKELY = GpuTraits(0, "a GPU", ComputeCapability(8, 6), listed=True)


def is_unnamed(gpu: GpuTraits) -> bool:
    """Whether all that is known of a GPU is that it is there: what it is called is no name of a model."""
    return gpu.capability is None and not gpu.rows
