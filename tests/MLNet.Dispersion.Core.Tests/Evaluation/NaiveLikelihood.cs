using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Evaluation;

/// <summary>Log-likelihoods the slow way: one sequence at a time, all logits, log-softmax in float64.</summary>
internal static class NaiveLikelihood
{
    /// <summary>Of the tokens from <paramref name="start"/> on, and whether each is the most likely one.</summary>
    public static (double LogLikelihood, bool IsGreedy) Of(PretrainedLanguageModel model, int[] ids, int start)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        long[] input = [.. ids[..^1].Select(id => (long)id)];
        Tensor states = model.Backbone.Forward(tensor(input).unsqueeze(0), null, HiddenStateSelection.None).LastHiddenState;
        Tensor logProbabilities = nn.functional.log_softmax(model.Backbone.Logits(states).to(ScalarType.Float64), -1).squeeze(0);
        double sum = 0;
        bool greedy = true;
        for (int at = start; at < ids.Length; at++)
        {
            Tensor row = logProbabilities[at - 1];
            sum += row[ids[at]].item<double>();
            greedy &= row.argmax().item<long>() == ids[at];
        }

        return (sum, greedy);
    }

    /// <summary>Of a continuation after a context: encoded together, cut on the left to what the model reads.</summary>
    public static (double LogLikelihood, bool IsGreedy) Of(PretrainedLanguageModel model, string context, string continuation)
    {
        int[] both = model.Tokenizer.Encode(context + continuation).Ids;
        int tail = both.Length - model.Tokenizer.Encode(context.TrimEnd()).Ids.Length;
        int[] ids = both[Math.Max(0, both.Length - model.Backbone.Info.ContextLength - 1)..];
        return Of(model, ids, Math.Max(1, ids.Length - tail));
    }
}
