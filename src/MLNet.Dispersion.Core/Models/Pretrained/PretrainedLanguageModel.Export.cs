using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <content>What files of other formats are made from.</content>
public sealed partial class PretrainedLanguageModel
{
    /// <summary>Gives the weights of the network, without a task's head, an adapter merged into each: one after the other, so that no second copy of all is ever in memory.</summary>
    public IEnumerable<ModelWeight> MergedWeights()
    {
        Backbone.RequireValues("Reading the weights");
        LoraAdapter? adapter = Backbone.Adapter;
        Tensor Value(Parameter weight) => adapter is null ? weight : adapter.MergedWeight(weight);
        var weights = Backbone.named_parameters().Select(pair => new ModelWeight(pair.name, pair.parameter.shape, () => Value(pair.parameter)));
        return adapter?.Extras.Head is { } head ? weights.Append(new ModelWeight(Backbone.TiedHeadName + ".weight", head.Weight.shape, () => Value(head.Weight))) : weights;
    }

    /// <summary>Writes all files of a saved directory but those of weights: config.json, generation_config.json, what it says to sentence-transformers, and the tokenizer, as tokenizer.json even where it came from vocab.json or vocab.txt. For files of weights in other formats.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="directory">The directory that the sink writes into: a model card is then written as well, README.md, named by it, unless one of your own lies there. Null (default) for none.</param>
    public void SaveWithoutWeights(FileSink sink, string? directory = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        WriteWithoutWeights(sink, Head?.LabelsAndProblem, Head, Sentence, directory, TaskOf(Head?.Task));
    }

    /// <summary>The same under labels, a head for a task and a way of making vectors of one's own.</summary>
    internal void WriteWithoutWeights(FileSink sink, HeadLabels? labels, PretrainedHead? head, SentenceModules? sentence, string? directory, HeadTask task) =>
        WriteWithoutWeights(sink, labels, head, sentence, directory, TaskOf(task));

    /// <summary>The same for vectors of texts.</summary>
    internal void WriteWithoutWeights(FileSink sink, SentenceModules? sentence, string? directory) => WriteWithoutWeights(sink, labels: null, head: null, sentence, directory, ModelCard.Features);

    private void WriteWithoutWeights(FileSink sink, HeadLabels? labels, PretrainedHead? head, SentenceModules? sentence, string? directory, string task)
    {
        JsonObject config = SavedConfig("float32");
        head?.Write(config, Backbone.FamilyName);
        labels?.Write(config);
        if (HasTokenizer)
        {
            var files = new FilesInFlatMemory();
            Tokenizer.Save(files, Backbone.Info.ContextLength, Backbone.Info.PadTokenId);
            foreach (var (name, bytes) in files.All)
            {
                sink.Write(name, stream => stream.Write(bytes));
            }

            if (files.Find(TokenizerJsonFile.Name) is null && TokenizerJsonFile.Of(Tokenizer, files) is { } made)
            {
                sink.WriteJson(TokenizerJsonFile.Name, made);
            }
        }

        if (directory is not null && ModelCard.MayReplace(directory))
        {
            (Card(directory, task, isAdapter: false) with { IsOfTransformers = false }).Write(sink);
        }

        GenerationConfig?.Save(sink);
        sentence?.Write(sink, Backbone.Info.FinalSize);
        sink.WriteJson("config.json", config);
    }
}
