using MLNet.Dispersion.Tests.Saving;

namespace MLNet.Dispersion.Tests.TaskTable;

/// <summary>Every task, fitted once for all tests that look at it; and what all of them give in one process of its own, which names none of our types.</summary>
public sealed class FittedTasks : IDisposable
{
    private readonly Dictionary<FineTuneTask, Lazy<FittedTask>> _tasks = TaskCases.All.ToDictionary(task => task.Task, task => new Lazy<FittedTask>(() => new FittedTask(task)));
    private readonly Lazy<Dictionary<FineTuneTask, string[]>> _fresh;

    public FittedTasks() => _fresh = new(LoadInAFreshProcess);

    internal FittedTask this[TaskCase task] => _tasks[task.Task].Value;

    /// <summary>The lines of a task's saved model, loaded there.</summary>
    internal string[] Fresh(TaskCase task) => _fresh.Value[task.Task];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<FittedTask> task in _tasks.Values.Where(task => task.IsValueCreated))
        {
            task.Value.Dispose();
        }
    }

    private Dictionary<FineTuneTask, string[]> LoadInAFreshProcess()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-tasks-").FullName;
        try
        {
            string texts = Path.Combine(folder, "texts.txt");
            File.WriteAllLines(texts, FittedTask.Texts);
            string[] arguments = [.. TaskCases.All.SelectMany(task =>
            {
                string zip = Path.Combine(folder, $"{task.Task}.zip");
                this[task].Save(this[task].Model, zip);
                return new[] { zip, texts, task.Kind };
            })];
            string[] lines = FreshProcessTests.RunAsync("FreshProcessLoad.dll", arguments).GetAwaiter().GetResult();
            Assert.Equal("loaded before: False", lines[0]);
            return TaskCases.All.Zip(lines.Skip(1).Chunk(2 * FittedTask.Texts.Length)).ToDictionary(pair => pair.First.Task, pair => pair.Second);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
