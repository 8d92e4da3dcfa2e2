using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Models;

/// <summary>The names that Hugging Face gives the classes of models, by what stands on the network.</summary>
internal static partial class HeadClasses
{
    private const string Network = "Model";
    private const string Pretraining = "ForPreTraining";
    private static readonly string[] LanguageModels = ["ForCausalLM", "LMHeadModel"];

    private static readonly (string Ending, HeadTask Task)[] Tasks =
    [
        ("ForSequenceClassification", HeadTask.Sequence),
        ("ForTokenClassification", HeadTask.Tokens),
        ("ForQuestionAnswering", HeadTask.Spans),
        ("ForMaskedLM", HeadTask.MaskedTokens),
    ];

    /// <summary>Whether a class is that of a causal language model.</summary>
    internal static bool IsLanguageModel(string name) => LanguageModels.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>Whether a class is that of an encoder's pre-training, whose head is read as that of masked tokens or left out.</summary>
    internal static bool IsPretraining(string name) => name.EndsWith(Pretraining, StringComparison.Ordinal);

    /// <summary>Whether a class is named for a task, <c>...For...</c>, that is none of ours, such as <c>BertForMultipleChoice</c>.</summary>
    internal static bool IsUnknownTask(string name) => TaskOf(name) is null && !IsLanguageModel(name) && !IsPretraining(name) && Named().IsMatch(name);

    /// <summary>The task of a class; null where it is none of ours.</summary>
    internal static HeadTask? TaskOf(string name) => Tasks.Where(task => name.EndsWith(task.Ending, StringComparison.Ordinal)).Select(task => (HeadTask?)task.Task).FirstOrDefault();

    /// <summary>The class of a family's network without any head.</summary>
    internal static string Bare(string family) => NameOf(family) + Network;

    /// <summary>How the classes of a task end.</summary>
    internal static string NameOf(HeadTask task) => Tasks.First(known => known.Task == task).Ending;

    /// <summary>The class of a head on a family whose own class is called so.</summary>
    /// <param name="head">The head.</param>
    /// <param name="family">Such as <c>BertModel</c> or <c>GPT2LMHeadModel</c>.</param>
    internal static string Of(HeadSpec head, string family) => head.ArchitectureName ?? NameOf(family) + NameOf(head.Task);

    [GeneratedRegex(".For[A-Z]")]
    private static partial Regex Named();

    private static string NameOf(string family) => family[..^(LanguageModels.Append(Network).FirstOrDefault(ending => family.EndsWith(ending, StringComparison.Ordinal))?.Length ?? 0)];
}
