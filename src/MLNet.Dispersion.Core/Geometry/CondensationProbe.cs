using MLNet.Dispersion.Backbones;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Geometry;

/// <summary>Measures how condensed a backbone's hidden states are on given texts.</summary>
public static class CondensationProbe
{
    /// <summary>The published truncation of a text, in tokens.</summary>
    public const int DefaultMaxTokens = 512;

    /// <summary>Runs every text through the backbone, one per forward pass, and summarises the cosine between its tokens at every layer.</summary>
    /// <param name="backbone">The backbone, on any device. It is measured in evaluation mode without gradients; if it was training, every module's mode is put back afterwards.</param>
    /// <param name="tokenSequences">The texts as token ids; enumerated once. Texts of fewer than two tokens are counted apart (<see cref="CondensationProfile.ShortTexts"/>).</param>
    /// <param name="maxTokens">Longer texts are cut to this many tokens, and to the backbone's context length. Default 512 (published). At least 2.</param>
    /// <param name="histograms">Whether to count the 128-bin cosine histograms as well. Default true; without them the measure costs next to nothing beside the forward passes.</param>
    /// <param name="progress">Told the number of texts done, after each; null for none.</param>
    /// <param name="cancellationToken">Checked before each text.</param>
    /// <returns>The profile over all texts.</returns>
    /// <exception cref="ArgumentException">A text is null, or a token id is outside the backbone's vocabulary.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is below 2.</exception>
    /// <exception cref="InvalidOperationException">There are no texts of two or more tokens, or a hidden state is not finite (the message names layer and text).</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>Memory does not grow with the number of texts. Safe beside other forward passes when the backbone is in evaluation mode already.</remarks>
    public static CondensationProfile Measure(
        CausalLMBackbone backbone,
        IEnumerable<int[]> tokenSequences,
        int maxTokens = DefaultMaxTokens,
        bool histograms = true,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(tokenSequences);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 2);
        (nn.Module Module, bool Training)[] modes = backbone.training ? [.. backbone.modules().Prepend(backbone).Select(m => (m, m.training))] : [];
        try
        {
            if (modes.Length > 0)
            {
                backbone.eval();
            }

            using var accumulator = new CondensationAccumulator(histograms);
            int limit = Math.Min(maxTokens, backbone.Info.ContextLength);
            int done = 0;
            foreach (int[] tokens in tokenSequences)
            {
                cancellationToken.ThrowIfCancellationRequested();
                AddText(accumulator, backbone, tokens, limit, done);
                done++;
                progress?.Report(done);
            }

            return accumulator.ToProfile();
        }
        finally
        {
            Restore(modes);
        }
    }

    /// <summary>Puts modes back parent first, since setting one sets everything below it.</summary>
    private static void Restore((nn.Module Module, bool Training)[] modes)
    {
        foreach ((nn.Module module, bool training) in modes)
        {
            module.train(training);
        }
    }

    private static void AddText(CondensationAccumulator accumulator, CausalLMBackbone backbone, int[]? tokens, int limit, int index)
    {
        if (tokens is null)
        {
            throw new ArgumentException($"Text {index} (counted from 0) is null; pass an empty array for a text without tokens.", nameof(tokens));
        }

        int length = Math.Min(tokens.Length, limit);
        if (length < 2)
        {
            accumulator.AddShortText();
            return;
        }

        int vocabulary = backbone.Info.VocabularySize;
        long[] ids = [.. tokens.Take(length).Select(id => (long)id)];
        if (ids.Any(id => id < 0 || id >= vocabulary))
        {
            throw new ArgumentException($"Text {index} (counted from 0) has the token id {ids.First(id => id < 0 || id >= vocabulary)}; the backbone's vocabulary is 0..{vocabulary - 1}. Use the tokenizer that belongs to this backbone.", nameof(tokens));
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Device device = backbone.parameters().FirstOrDefault()?.device ?? CPU;
        Tensor input = tensor(ids, 1, length).to(device);
        BackboneOutput output = backbone.Forward(input, null, HiddenStateSelection.All);
        accumulator.Add([.. output.HiddenStates.Select(state => state!.squeeze(0))]);
    }
}
