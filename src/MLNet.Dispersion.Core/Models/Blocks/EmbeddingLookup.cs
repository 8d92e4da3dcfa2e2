using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

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
