namespace MLNet.Dispersion.Models;

/// <summary>What a norm of queries and keys normalises, and how its weights are stored.</summary>
public enum HeadNormScope
{
    /// <summary>Each head, all with the same weights <c>[D]</c>. Qwen3.</summary>
    Head,

    /// <summary>Each head, each with weights of its own, in one tensor <c>[H, D]</c>. Cohere.</summary>
    EachHead,

    /// <summary>Each head, each with weights of its own in a tensor of its own, <c>norms.0</c>, <c>norms.1</c>, ... StableLM 2 12B.</summary>
    EachHeadApart,

    /// <summary>The whole row of all heads, with weights <c>[H D]</c>. OLMo 2.</summary>
    Row,
}
