using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A table of embeddings <c>[V, F]</c>, which may serve as the head as well.</summary>
internal sealed class EmbeddingTable : nn.Module
{
    private readonly ForwardContext _context;
    private readonly Parameter weight;

    internal EmbeddingTable(ForwardContext context, long rows, long features)
        : base(nameof(EmbeddingTable))
    {
        _context = context;
        weight = new Parameter(empty(rows, features));
        RegisterComponents();
    }

    /// <summary>The table, <c>[V, F]</c>.</summary>
    internal Parameter Weight => weight;

    /// <summary>Ids <c>[B, L]</c> to embeddings <c>[B, L, F]</c>, float32.</summary>
    internal Tensor Forward(Tensor ids) => EmbeddingLookup.Rows(weight, ids.flatten()).view(ids.shape[0], ids.shape[1], weight.shape[1]);

    /// <summary>The embeddings of a batch's tokens: in training with the noise that the context asks for.</summary>
    /// <param name="ids">Token ids, <c>[B, L]</c>.</param>
    /// <param name="mask">Which tokens are real, <c>[B, L]</c>, bool; null when all are.</param>
    internal Tensor ForwardTokens(Tensor ids, Tensor? mask)
    {
        Tensor embeddings = Forward(ids);
        return training && _context.EmbeddingNoise is { } noise ? noise.AddTo(embeddings, mask) : embeddings;
    }

    /// <summary>Rows that follow each other, <c>[count, F]</c>.</summary>
    internal Tensor Rows(long first, long count) => weight.narrow(0, first, count);

    /// <summary>Logits by the table itself: <c>[..., F]</c> to <c>[..., V]</c>, float32. Reads the live weight, so a tied head never goes stale.</summary>
    internal Tensor Head(Tensor hidden) => nn.functional.linear(_context.Cast(hidden), _context.CastWeight(weight)).to(ScalarType.Float32);
}

/// <summary>Rows of an embedding table, whose backward pass adds to the rows that were read and touches no other.</summary>
/// <remarks>
/// Automatic differentiation would make a gradient as large as the table, nearly all zeros, and then add it to that of a tied head: for GPT-2 three passes over 154 MB a step.
/// Here the rows' gradients go straight into the table's <c>grad</c>. To that end the table is no input of the graph's node; what hangs the node into the graph is a number that nobody reads.
/// It can be differentiated once, and by <c>backward()</c> alone. Stateless, hence thread-safe.
/// </remarks>
internal sealed class EmbeddingLookup : autograd.SingleTensorFunction<EmbeddingLookup>
{
    /// <inheritdoc/>
    public override string Name => nameof(EmbeddingLookup);

    /// <summary>The rows <c>[N, F]</c> of the ids <c>[N]</c>. Call it inside a dispose scope.</summary>
    /// <param name="table"><c>[V, F]</c>, a leaf.</param>
    /// <param name="ids">Int64.</param>
    internal static Tensor Rows(Tensor table, Tensor ids) =>
        is_grad_enabled() && table.requires_grad ? apply(zeros(1).requires_grad_(), table, ids) : table.index_select(0, ids);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (table, ids) = ((Tensor)vars[1], (Tensor)vars[2]);
        // In a box, since the graph would keep a tensor of its own; the table outlives the step anyway.
        ctx.save_data(nameof(table), new StrongBox<Tensor>(table));
        ctx.save_for_backward([ids]);
        using Tensor values = table.detach();
        return values.index_select(0, ids);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var table = ((StrongBox<Tensor>)ctx.get_data("table")).Value!;
        Tensor ids = ctx.get_saved_variables()[0];
        if (table.grad is null)
        {
            table.grad = zeros_like(table);
        }

        table.grad!.AddRowsInPlace(ids, grad_output);
        GC.KeepAlive(grad_output);
        return [null!, null!, null!];
    }
}
