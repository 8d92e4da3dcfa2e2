using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Inference;

/// <summary>Generation the slow way: everything is read again for each token, one text at a time.</summary>
internal static class NaiveGeneration
{
    /// <summary>The likeliest tokens behind a prompt, and the smallest lead of any of them over the next likeliest.</summary>
    public static (int[] Ids, double SmallestLead) Greedy(LanguageBackbone backbone, int[] prompt, int count)
    {
        var ids = prompt.ToList();
        double lead = double.PositiveInfinity;
        for (int i = 0; i < count; i++)
        {
            double[] logits = Logits(backbone, [.. ids]);
            double[] two = [.. logits.OrderDescending().Take(2)];
            lead = Math.Min(lead, two[0] - two[1]);
            ids.Add(Array.IndexOf(logits, two[0]));
        }

        return ([.. ids.Skip(prompt.Length)], lead);
    }

    /// <summary>The logits behind a sequence.</summary>
    public static double[] Logits(LanguageBackbone backbone, int[] ids)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor states = backbone.Forward(tensor(ids.Select(id => (long)id).ToArray(), 1, ids.Length), null, HiddenStateSelection.None).LastHiddenState;
        return backbone.Logits(states[0, ^1]).to(ScalarType.Float64).data<double>().ToArray();
    }

    /// <summary>The probabilities of all tokens, straight from the definitions.</summary>
    public static double[] Probabilities(double[] logits, double temperature, int? topK, double? topP)
    {
        double[] scores = [.. logits.Select(logit => logit / temperature)];
        int[] order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(id => scores[id]).ThenBy(id => id)];
        var allowed = order.Take(topK ?? int.MaxValue).ToList();
        double[] all = Softmax(scores, allowed);
        if (topP is { } share)
        {
            double sum = 0;
            allowed = [.. allowed.TakeWhile(id =>
            {
                bool needed = sum < share;
                sum += all[id];
                return needed;
            })];
        }

        return Softmax(scores, allowed);
    }

    private static double[] Softmax(double[] scores, List<int> allowed)
    {
        double largest = allowed.Max(id => scores[id]);
        double sum = allowed.Sum(id => Math.Exp(scores[id] - largest));
        var probabilities = new double[scores.Length];
        foreach (int id in allowed)
        {
            probabilities[id] = Math.Exp(scores[id] - largest) / sum;
        }

        return probabilities;
    }
}
