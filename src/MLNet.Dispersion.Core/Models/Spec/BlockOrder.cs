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
}
