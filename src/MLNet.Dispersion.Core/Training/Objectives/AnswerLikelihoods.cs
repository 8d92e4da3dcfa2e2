using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a pass says of the ends of its rows: log-probabilities of tokens, summed.</summary>
internal static class AnswerLikelihoods
{
    /// <summary>The sum of the logarithms of the probabilities of each row's tokens from a place on, <c>[B]</c>, nats, with a gradient where the states have one.</summary>
    /// <param name="backbone">The model.</param>
    /// <param name="lastHiddenState">Of the rows, <c>[B, L, F]</c>.</param>
    /// <param name="tokens">The rows.</param>
    /// <param name="starts">Where the answers begin; what a row's first token would be is predicted from nothing and does not count.</param>
    internal static Tensor Of(LanguageBackbone backbone, Tensor lastHiddenState, TokenBatch tokens, IReadOnlyList<int> starts)
    {
        var at = new List<long>();
        var rows = new List<long>();
        for (int row = 0; row < tokens.Rows; row++)
        {
            for (int token = Math.Max(1, starts[row]); token < tokens.Lengths[row]; token++)
            {
                at.Add((row * tokens.Columns) + token);
                rows.Add(row);
            }
        }

        Device device = lastHiddenState.device;
        Tensor sums = zeros([tokens.Rows], device: device);
        if (at.Count == 0)
        {
            return sums;
        }

        Tensor hidden = lastHiddenState.flatten(0, 1).index_select(0, tensor([.. at.Select(place => place - 1)], device: device));
        Tensor targets = tensor([.. at.Select(place => tokens.InputIds[place])], device: device);
        Tensor found = backbone.Logits(hidden).to(ScalarType.Float32).log_softmax(1).gather(1, targets.unsqueeze(1)).squeeze(1);
        return sums.AddRowsInPlace(tensor([.. rows], device: device), found);
    }

    /// <summary>How many tokens each row counts there.</summary>
    internal static int Count(int length, int start) => Math.Max(0, length - Math.Max(1, start));
}
