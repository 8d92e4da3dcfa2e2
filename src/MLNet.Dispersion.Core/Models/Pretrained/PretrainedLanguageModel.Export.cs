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
    public void SaveWithoutWeights(FileSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        WriteWithoutWeights(sink, Head?.LabelsAndProblem, Head);
    }

    /// <summary>The same under labels of one's own.</summary>
    internal void WriteWithoutWeights(FileSink sink, HeadLabels? labels, PretrainedHead? head)
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

        GenerationConfig?.Save(sink);
        Sentence?.Write(sink, Backbone.Info.FinalSize);
        sink.WriteJson("config.json", config);
    }
}
