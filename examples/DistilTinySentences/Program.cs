using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples.DistilTinySentences;

var teacher = new Option<DirectoryInfo>("--teacher") { Description = "The directory of all-MiniLM-L6-v2, whose tokens' states are learnt.", Required = true };
var books = new Option<FileInfo>("--books") { Description = "Gzipped JSON lines with a field text: one book a line.", Required = true };
var exclude = new Option<DirectoryInfo[]>("--exclude") { Description = "Folders of data that must stay unseen: a sentence with the letters and digits of one of their lines or fields is left out.", DefaultValueFactory = _ => [] };
var lessons = new Option<FileInfo>("--lessons") { Description = "Keeps what the teacher has read (about 1 GB), and beside it how far the training came: an interrupted command goes on where it was.", DefaultValueFactory = _ => new FileInfo("lessons.bin") };
var output = new Option<DirectoryInfo>("--out") { Description = "Where the checkpoint (F16) and, beside it, TRAINING.md go.", Required = true };
var sentences = new Option<int>("--sentences") { Description = "How many texts the teacher reads.", DefaultValueFactory = _ => 140_000 };
sentences.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < Recipe.FewestSentences)
    {
        result.AddError($"--sentences is {result.GetValueOrDefault<int>()}; it must be at least {Recipe.FewestSentences}.");
    }
});
var steps = new Option<int>("--steps") { Description = "Optimizer steps of about 4,096 tokens.", DefaultValueFactory = _ => 3000 };
var seed = new Option<int>("--seed") { Description = "Seed of weights, texts and order.", DefaultValueFactory = _ => 1 };
var from = new Option<DirectoryInfo?>("--from") { Description = "A checkpoint of this command's to go on from; its TRAINING.md is added to. Default: a new network." };
var textWeight = new Option<double>("--text-weight") { Description = "How much the direction of a text's mean counts beside the squared errors of its tokens.", DefaultValueFactory = _ => Recipe.UsualTextWeight };
var rate = new Option<double>("--rate") { Description = "The highest learning rate; the embeddings' is 15/7 of it.", DefaultValueFactory = _ => Recipe.UsualLearningRate };
var root = new RootCommand("Makes TinySentences, the sentence model that ships with MLNet.Dispersion: three layers that learn every token's last state of a larger model.")
{
    teacher, books, exclude, lessons, output, sentences, steps, seed, from, textWeight, rate,
};
root.SetAction((arguments, cancellationToken) =>
{
    TorchRuntime.EnsureLoaded();
    var recipe = new Recipe(arguments.GetValue(sentences), arguments.GetValue(steps), arguments.GetValue(seed), arguments.GetValue(textWeight), arguments.GetValue(rate));
    new Distillation(recipe, arguments.GetValue(teacher)!.FullName, arguments.GetValue(lessons)!.FullName, arguments.GetValue(output)!.FullName, arguments.GetValue(from)?.FullName).Run(arguments.GetValue(books)!.FullName, [.. arguments.GetValue(exclude)!.Select(folder => folder.FullName)], cancellationToken);
    return Task.FromResult(0);
});
return await root.Parse(args).InvokeAsync();
