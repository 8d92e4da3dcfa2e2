namespace MLNet.Dispersion.Models;

/// <summary>How a block's branches, residuals and norms follow each other; x goes in.</summary>
public enum BlockOrder
{
    /// <summary>Norms first: <c>y = x + attention(norm x)</c>, then <c>y + mlp(norm y)</c>. GPT-2, Llama.</summary>
    NormFirst,

    /// <summary>Both branches read the block's input: <c>x + attention(norm x) + mlp(norm x)</c>, each with a norm of its own. Pythia.</summary>
    Parallel,

    /// <summary>Norms behind the residual: <c>y = norm(x + attention x)</c>, then <c>norm(y + mlp y)</c>. BERT.</summary>
    NormLast,

    /// <summary>Both branches read the block's input through one norm: <c>n = norm x</c>, then <c>x + attention n + mlp n</c>. Falcon 7B, Phi, Cohere.</summary>
    ParallelOneNorm,

    /// <summary>Norms of the branches' outputs alone: <c>y = x + norm(attention x)</c>, then <c>y + norm(mlp y)</c>. OLMo 2.</summary>
    NormBranches,

    /// <summary>Norms before and behind each branch: <c>y = x + norm(attention(norm x))</c>, then <c>y + norm(mlp(norm y))</c>. Gemma 2.</summary>
    NormAround,

    /// <summary>As <see cref="NormFirst"/>, the residual being what the norm gives: <c>n = norm x</c>, <c>y = n + attention n</c>, then the same with the perceptron. BLOOM's other form.</summary>
    NormedResidual,
}
