"""Words that several paraphrases share, as patterns for texts in lower or upper case."""

from __future__ import annotations

TORCH = r"(?<![a-z0-9_./-])(?:py)?torch(?![a-z_/-]|\.[a-z_])"
NOT = (
    r"(?:\b(?:does|do|did|is|are|was|were|will|can|could|would)(?: not|n['’]?t)\b"
    r"|\b(?:won['’]?t|can['’]?t|cannot|never|fails? to|failed to|refuses? to|unable to|no longer|stopped|stops)\b|不|没|无法)"
)
FAILS = (
    rf"(?:{NOT}|\b(?:fail\w*|crash\w*|broke|broken?|breaks?|errors?|exceptions?|dies|dead|complain\w*|trouble"
    r"|incompatib\w+|mismatch\w*|conflicts?|refus\w+)\b|报错|失败|出错|崩溃|不兼容|エラー|失敗|落ち(?:る|ます)|動(?:か|き)(?:ない|ません))"
)
MISSING = (
    r"(?:\b(?:missing|not found|not there|isn['’]?t (?:there|found)|absent|no such|cannot find|could not find|couldn['’]?t find|can['’]?t find"
    r"|not finding|unable to find|doesn['’]?t find|not load(?:ed)?|cannot open|failed to open)\b"
    rf"|{NOT} (?:be )?(?:find|found|load|loaded|locate|located|open|opened)\b|找不到|缺少|缺失|未找到|没有找到|見つか(?:らない|りません)|(?:が|は) ?(?:ない|ありません))"
)
# Plain words of which each way to say that something is missing holds one, and that a symbol is.
OF_MISSING = (
    *("missing", "found", " there", "absent", "no such", "find", "load", "locat", "open"),
    *("找不到", "缺少", "缺失", "未找到", "没有找到", "見つか", "ない", "ありません"),
)
OF_UNDEFINED = ("symbol", "未定义")
UNDEFINED = r"(?:\bundefined symbols?\b|\bsymbol (?:not found|missing|errors?|lookup errors?)\b|未定义(?:的)?符号)"
OF_ANOTHER = (
    r"\b(?:built|compiled|made|build|meant|wheel)\b[^.;\n]{0,24}\b(?:for|against|with)\b[^.;\n]{0,16}"
    r"\b(?:another|other|different|older|newer|old|wrong|previous)"
)
EXTENSION = (
    r"(?<![a-z0-9])(?:flash[-_ ]?att(?:n|ention)\w*|mmcv\w*|detectron2|apex|pytorch3d|spconv"
    r"|torch[-_](?:scatter|sparse|cluster|spline[-_]conv)|mamba[-_]ssm|causal[-_ ]conv1d\w*|exllama\w*|auto[-_]?gptq"
    r"|gptqmodel|nvdiffrast|gsplat|sgl[-_]kernel|deep[-_]?speed|fused_adam|tiny-?cuda-?nn|natten|sage[-_ ]?attention"
    r"|transformer[-_ ]engine|kaolin|xformers|bitsandbytes|diff[-_]gaussian[-_]rasteri[sz]ation|simple[-_]knn|selective[-_]scan\w*|pointnet2\w*)(?![a-z])"
)
# Plain words of which each of them holds one.
OF_EXTENSIONS = (
    *("flash", "mmcv", "detectron2", "apex", "pytorch3d", "spconv", "torch_", "torch-"),
    *("mamba", "causal", "exllama", "gptq", "nvdiffrast", "gsplat", "sgl", "deep"),
    *("gaussian", "simple", "selective", "pointnet2"),
    *("fused_adam", "tiny", "natten", "sage", "transformer", "kaolin", "xformers", "bitsandbytes"),
)
# GPUs that have no tensor cores of the kind that attention kernels ask for.
BEFORE_AMPERE = (
    r"(?<![a-z0-9])(?:v100s?|t4|titan (?:v|xp|x|rtx)|p100|p40|p4|m40|k80"
    r"|(?:rtx |gtx )?(?:20[5-8]0|16[5-6]0|10[5-8]0)(?: ?(?:ti|super))?|quadro rtx|turing|volta|pascal)(?![a-z0-9])"
)
# A library of CUDA's, by its file.
CUDA_FILE = (
    r"(?:lib(?:cudart|cublas(?:Lt)?|cudnn\w*|nccl|nvJitLink|nvrtc(?:-builtins)?|cusparse(?:Lt)?|cufft|curand|cusolver"
    r"|cupti|nvToolsExt|nvshmem_host|cufile)\.so(?:\.\d+)*|nvrtc-builtins64_\d+\.dll)"
)
